with months as (
  select distinct customer_id, (12 * extract(year from ordered_on) + extract(month from ordered_on))::int as month
  from orders where status = 'paid' and customer_id is not null
), steps as (
  select customer_id, month - lag(month) over (partition by customer_id order by month) as step from months
)
select distinct customer_id from steps where step = 1
