select o.id, coalesce(c.name, 'guest') as customer, coalesce(sum(l.quantity * l.unit_cents), 0) as cents
from orders o
left join customers c on c.id = o.customer_id
left join order_lines l on l.order_id = o.id
group by o.id, c.name
