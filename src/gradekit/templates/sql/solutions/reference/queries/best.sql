with spent as (
    select c.city, c.name, sum(o.amount) as spent
    from customers c
    join orders o on o.customer_id = c.id
    group by c.id, c.city, c.name
), ranked as (
    select city, name, spent, rank() over (partition by city order by spent desc) as place from spent
)
select city, name, spent from ranked where place = 1 order by city, name;
