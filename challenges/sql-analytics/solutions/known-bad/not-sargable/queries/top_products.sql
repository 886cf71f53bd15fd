with sold as (
  select p.category, p.name, sum(l.quantity) as quantity
  from order_lines l
  join orders o on o.id = l.order_id and o.status = 'paid'
  join products p on p.id = l.product_id
  group by p.id, p.category, p.name
), ranked as (
  select category, name, quantity, rank() over (partition by category order by quantity desc) as place
  from sold
)
select category, place, name, quantity from ranked where place <= 2
