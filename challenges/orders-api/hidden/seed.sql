-- GK-CANARY-6f1c0b7e5a92d438
-- The shop: every check that changes something has customers and products of its own.
insert into customers (id, name) overriding system value values
  (1, 'Ada Stationery'), (2, 'Brook & Sons'), (3, 'Clara Print'), (4, 'Dune Desk'), (5, 'Elm School'),
  (6, 'Fern Law'), (7, 'Gale Foods'), (8, 'Hill Bakery'), (9, 'Iris Travel'), (10, 'Juno Films'), (11, 'Kite Kids'),
  (12, 'Lark Lofts');

insert into products (id, sku, name, category, price, stock) overriding system value values
  (1, 'PEN-BLUE', 'Pen, blue', 'writing', 1.20, 500),
  (2, 'PEN-RED', 'Pen, red', 'writing', 1.20, 500),
  (3, 'NOTE-A5', 'Notebook A5', 'paper', 4.50, 100),
  (4, 'CLIP-S', 'Paper clips, small', 'desk', 0.35, 1000),
  (5, 'LABEL-1', 'Label, single', 'paper', 0.03, 5000),
  (6, 'ENV-C5', 'Envelope C5', 'paper', 0.25, 5000),
  (7, 'CHAIR-X', 'Office chair', 'desk', 129.99, 1000),
  (8, 'LAMP-LED', 'Desk lamp', 'desk', 39.90, 5),
  (9, 'MAT-GREY', 'Desk mat, grey', 'desk', 12.00, 10),
  (10, 'MAT-RED', 'Desk mat, red', 'desk', 12.00, 3),
  (11, 'TAPE-19', 'Tape 19 mm', 'desk', 2.10, 5),
  (12, 'STAMP-OK', 'Stamp', NULL, 7.25, 40),
  (13, 'GLUE-20', 'Glue stick 20 g', 'desk', 1.99, 30),
  (14, 'PUNCH-2', 'Hole punch', 'desk', 8.40, 20),
  (15, 'INK-BK', 'Ink, black', 'writing', 6.75, 60),
  (16, 'BOARD-W', 'Whiteboard', 'tech', 89.00, 15),
  (17, 'MOUSE-1', 'Mouse', 'tech', 19.90, 25);

-- 28 more: 45 products in all, so that a page of 15 ends exactly at the end; six of them are for filing.
insert into products (id, sku, name, category, price, stock) overriding system value
select n, 'BOX-' || n, 'Archive box ' || n, case when n between 30 and 35 then 'filing' end, n / 10.0, 50
from generate_series(18, 45) as n;

-- 24 orders of customer 2 in four moments of six each: a page of 8 ends among equals, and the last is full.
insert into orders (id, customer_id, status, coupon, subtotal, discount, total, created_at) overriding system value
select 1000 + n, 2, case when n % 5 = 0 then 'cancelled' when n % 2 = 0 then 'shipped' else 'placed' end,
       null, n * 1.20, 0, n * 1.20, timestamptz '2024-01-20 10:00:00+00' + (n * 7 % 24) / 6 * interval '35 days'
from generate_series(1, 24) as n;
insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
select 1000 + n, 1, 1 + n % 4, n, 1.20, 0, n * 1.20 from generate_series(1, 24) as n;

insert into orders (id, customer_id, status, coupon, subtotal, discount, total, created_at) overriding system value
values (2001, 9, 'shipped', 'FIVER', 24.00, 5.00, 19.00, '2024-02-29 23:59:59+00'),
       (2002, 9, 'placed', null, 7.25, 0.00, 7.25, '2024-03-01 00:00:00+00');
insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total) values
  (2001, 1, 9, 2, 12.00, 0, 24.00),
  (2002, 1, 12, 1, 7.25, 0, 7.25);

-- Two customers with tokens, and an invoice of 3 lines, of 10 and of 40.
update customers set token_hash = encode(sha256('tok-iris-93af07c2'), 'hex') where id = 9;
update customers set token_hash = encode(sha256('tok-kite-5be81d46'), 'hex') where id = 11;
insert into orders (id, customer_id, status, coupon, subtotal, discount, total, created_at) overriding system value
values (3001, 11, 'placed', 'FIVER', 21.90, 5.00, 16.90, '2024-03-05 12:00:00+00'),
       (3010, 11, 'shipped', null, 5.00, 0.00, 5.00, '2024-03-06 12:00:00+00'),
       (3040, 11, 'shipped', null, 20.00, 0.00, 20.00, '2024-03-07 12:00:00+00'),
       (2147483647, 11, 'cancelled', null, 1.20, 0.00, 1.20, '2024-03-08 12:00:00+00'); -- the highest id that there is
insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total) values
  (3001, 3, 3, 1, 1.50, 0, 1.50),                                                -- the price of that day
  (3001, 1, 3, 2, 4.50, 0, 9.00),                                                -- rows are in no order
  (3001, 2, 2, 10, 1.20, 5, 11.40),
  (2147483647, 1, 2, 1, 1.20, 0, 1.20);
insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
select o, n, 46 - n, 1, 0.50, 0, 0.50 from unnest(array[3010, 3040]) as o, generate_series(1, o - 3000) as n;

-- A customer with many orders, which count for nothing else.
insert into orders (id, customer_id, status, coupon, subtotal, discount, total, created_at) overriding system value
select 100000 + n, 12, 'cancelled', null, n, 0, n, timestamptz '2024-02-01 00:00:00+00' + n * 7919 % 4000 * interval '10 minutes'
from generate_series(1, 4000) as n;

select setval(pg_get_serial_sequence('customers', 'id'), 1000);
select setval(pg_get_serial_sequence('products', 'id'), 1000);
select setval(pg_get_serial_sequence('orders', 'id'), 5000);
analyze customers, products, orders, order_lines;
