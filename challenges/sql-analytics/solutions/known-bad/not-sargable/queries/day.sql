select id, customer_id from orders where substr(cast(ordered_on as char(10)), 1, 10) = '2024-02-29' and status = 'paid'
