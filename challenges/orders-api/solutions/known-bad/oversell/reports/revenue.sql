-- Revenue per month and category.
select to_char(o.created_at at time zone 'UTC', 'YYYY-MM') as month,
       coalesce(p.category, 'uncategorised') as category,
       count(distinct o.id) as orders,
       sum(l.quantity) as units,
       sum(l.total) as revenue,
       rank() over (
           partition by to_char(o.created_at at time zone 'UTC', 'YYYY-MM') order by sum(l.total) desc
       ) as rank
from orders o
join order_lines l on l.order_id = o.id
join products p on p.id = l.product_id
where o.status <> 'cancelled'
group by 1, 2
order by month, rank, category;
