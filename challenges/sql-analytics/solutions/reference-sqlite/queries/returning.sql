with months as (
  select distinct customer_id, 12 * strftime('%Y', ordered_on) + strftime('%m', ordered_on) as month
  from orders where status = 'paid' and customer_id is not null
), steps as (
  select customer_id, month - lag(month) over (partition by customer_id order by month) as step from months
)
select distinct customer_id from steps where step = 1
