with revenue as (
  select p.category, sum(l.quantity * l.unit_cents) as cents
  from order_lines l
  join orders o on o.id = l.order_id and o.status = 'paid'
  join products p on p.id = l.product_id
  group by p.category
)
select category, round(100.0 * cents / sum(cents) over (), 1) as percent
from revenue
