with paid as (
  select o.customer_id, o.ordered_on, o.id, sum(l.quantity * l.unit_cents) as cents
  from orders o
  join order_lines l on l.order_id = o.id
  where o.status = 'paid' and o.customer_id is not null
  group by o.customer_id, o.ordered_on, o.id
)
select customer_id, id, cents,
  sum(cents) over (partition by customer_id order by ordered_on, id rows unbounded preceding) as so_far
from paid
