select id, customer_id from orders where ordered_on = '2024-02-29'
