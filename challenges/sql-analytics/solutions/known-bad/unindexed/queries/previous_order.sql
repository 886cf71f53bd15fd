select id, customer_id, ordered_on,
  lag(ordered_on) over (partition by customer_id order by ordered_on, id) as previous
from orders
where status = 'paid' and customer_id is not null
