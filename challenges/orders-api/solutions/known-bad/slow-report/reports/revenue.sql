-- Revenue per month and category; months without sales have rows of zeros.
with sales as not materialized (
    select date_trunc('month', o.created_at at time zone 'UTC') as month,
           coalesce(p.category, 'uncategorised') as category,
           o.id as order_id,
           l.quantity,
           l.total
    from orders o
    join order_lines l on l.order_id = o.id
    join products p on p.id = l.product_id
    where o.status <> 'cancelled'
), grid as (
    select m.month, c.category
    from (select generate_series(min(month), max(month), interval '1 month') as month from sales) m
    cross join (select distinct coalesce(category, 'uncategorised') as category from products) c
), totals as (
    select month, category,
           (select count(distinct s.order_id) from sales s where s.month = g.month and s.category = g.category) as orders,
           (select coalesce(sum(s.quantity), 0) from sales s where s.month = g.month and s.category = g.category) as units,
           (select coalesce(sum(s.total), 0.00) from sales s where s.month = g.month and s.category = g.category) as revenue
    from grid g
)
select to_char(month, 'YYYY-MM') as month,
       category,
       orders,
       units,
       revenue,
       rank() over (partition by totals.month order by revenue desc) as rank
from totals
order by totals.month, rank, category;
