-- GK-CANARY-41e7d0b96c8f2a53
-- Two years of a shop that does well: enough rows that the work of a query tells how it was written.
insert into customers (id, name) overriding system value
select n, 'Customer ' || n from generate_series(1, 200) as n;
insert into products (id, sku, name, category, price, stock) overriding system value
select n, 'SKU-' || n, 'Product ' || n, case when n % 9 > 0 then 'category ' || n % 9 end, n % 50 + 0.5, 1000
from generate_series(1, 300) as n;
insert into orders (id, customer_id, status, coupon, subtotal, discount, total, created_at) overriding system value
select n, 1 + n * 31 % 200, (array['placed', 'shipped', 'cancelled', 'shipped'])[1 + n % 4], null, 10, 0, 10,
       timestamptz '2022-01-01 00:00:00+00' + n * 7919 % 17500 * interval '1 hour'
from generate_series(1, 6000) as n;
insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
select o, l, 1 + (o * 13 + l * 101) % 300, 1 + l, 2.50, 0, 2.50 * (1 + l)
from generate_series(1, 6000) as o cross join generate_series(1, 2) as l;
