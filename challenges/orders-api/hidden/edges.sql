-- GK-CANARY-b80e24d917fc6a35
-- Month borders, gaps, ties, NULL categories, cancelled orders, unsold categories, coupons.
insert into customers (id, name) overriding system value values (1, 'North'), (2, 'South');
insert into products (id, sku, name, category, price, stock) overriding system value values
  (1, 'A', 'Apple box', 'alpha', 10.00, 9),
  (2, 'B', 'Bean bag', 'beta', 5.00, 9),
  (3, 'B2', 'Bench', 'beta', 5.00, 9),
  (4, 'N', 'Nameless', null, 10.00, 9),
  (5, 'N2', 'Nameless too', null, 0.00, 9),
  (6, 'U', 'Unsold', 'unsold', 1.00, 9),
  (7, 'C', 'Only cancelled', 'gamma', 99.00, 9);
insert into orders (id, customer_id, status, coupon, subtotal, discount, total, created_at) overriding system value
values
  (1, 1, 'cancelled', null, 99.00, 0, 99.00, '2022-06-10 12:00:00+00'),          -- before the first that counts
  (2, 1, 'shipped', null, 10.50, 0, 10.50, '2022-11-30 23:59:59.999999+00'),
  (3, 2, 'placed', 'GIFT25', 30.00, 25.00, 5.00, '2022-12-01 00:00:00+00'),      -- the coupon does not count
  (4, 2, 'placed', null, 20.00, 0, 20.00, '2023-03-31 23:30:00-02'),             -- April in UTC; January to March are empty
  (5, 1, 'cancelled', null, 99.00, 0, 99.00, '2023-02-14 12:00:00+00'),
  (6, 1, 'placed', null, 0.00, 0, 0.00, '2023-04-02 08:00:00+00'),
  (7, 2, 'cancelled', null, 10.00, 0, 10.00, '2023-07-01 08:00:00+00');          -- after the last that counts
insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total) values
  (1, 1, 7, 1, 99.00, 0, 99.00),
  (2, 1, 1, 1, 10.00, 0, 10.00),
  (2, 2, 2, 1, 0.50, 0, 0.50),                                                   -- little, and more than nothing
  (3, 1, 1, 1, 10.00, 0, 10.00),
  (3, 2, 2, 1, 5.00, 0, 5.00),                                                   -- two lines of one category: one order
  (3, 3, 3, 1, 5.00, 0, 5.00),
  (3, 4, 4, 1, 10.00, 0, 10.00),                                                 -- three categories tie at 10.00
  (4, 1, 4, 2, 10.00, 0, 20.00),
  (5, 1, 7, 1, 99.00, 0, 99.00),
  (6, 1, 5, 3, 0.00, 0, 0.00),                                                   -- units without revenue
  (7, 1, 1, 1, 10.00, 0, 10.00);
