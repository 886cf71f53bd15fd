select c.name, coalesce(sum(o.amount), 0) as spent
from customers c
left join orders o on o.customer_id = c.id
group by c.id, c.name
order by spent desc, c.name;
