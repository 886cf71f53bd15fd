select category, round(100.0 * cents / (select sum(l.quantity * l.unit_cents)
    from order_lines l join orders o on o.id = l.order_id where o.status = 'paid'), 1) as percent
from (
  select p.category, sum(l.quantity * l.unit_cents) filter (where o.status = 'paid') as cents
  from products p join order_lines l on l.product_id = p.id join orders o on o.id = l.order_id
  group by p.category
) revenue
where cents is not null
