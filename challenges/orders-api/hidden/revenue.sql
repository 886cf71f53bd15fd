-- GK-CANARY-2d95c3a8410be76f
with counted as (
    select id, date_trunc('month', created_at at time zone 'UTC') as month
    from orders
    where status <> 'cancelled'
), months as (
    select generate_series(min(month), max(month), interval '1 month') as month
    from counted
), categories as (
    select distinct coalesce(category, 'uncategorised') as category
    from products
), sold as (
    select c.month, coalesce(p.category, 'uncategorised') as category,
           count(distinct c.id) as orders, sum(l.quantity) as units, sum(l.total) as revenue
    from counted c
    join order_lines l on l.order_id = c.id
    join products p on p.id = l.product_id
    group by 1, 2
)
select to_char(m.month, 'YYYY-MM') as month,
       k.category,
       coalesce(s.orders, 0) as orders,
       coalesce(s.units, 0) as units,
       coalesce(s.revenue, 0)::numeric(12, 2) as revenue,
       rank() over (partition by m.month order by coalesce(s.revenue, 0) desc) as rank
from months m
cross join categories k
left join sold s on s.month = m.month and s.category = k.category
order by 1, 6, 2;
