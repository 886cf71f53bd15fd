select a.product_id as one, b.product_id as other, count(*) as orders
from order_lines a
join order_lines b on b.order_id = a.order_id and b.product_id > a.product_id
join orders o on o.id = a.order_id and o.status = 'paid'
group by a.product_id, b.product_id
having count(*) >= 2
