select substr(cast(o.ordered_on as char(10)), 1, 7) as month,
  count(distinct o.id) as orders,
  coalesce(sum(l.quantity * l.unit_cents), 0) as cents
from orders o
left join order_lines l on l.order_id = o.id
where o.status = 'paid'
group by substr(cast(o.ordered_on as char(10)), 1, 7)
