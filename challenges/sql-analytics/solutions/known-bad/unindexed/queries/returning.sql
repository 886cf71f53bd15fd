with months as (
  select distinct customer_id,
    12 * cast(substr(cast(ordered_on as char(10)), 1, 4) as decimal(4))
      + cast(substr(cast(ordered_on as char(10)), 6, 2) as decimal(2)) as month
  from orders
  where status = 'paid' and customer_id is not null
)
select distinct a.customer_id
from months a
join months b on b.customer_id = a.customer_id and b.month = a.month + 1
