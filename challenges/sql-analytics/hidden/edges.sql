-- Everything at its border: a circle of one, equal names of people and products, prices at the limit, only cancelled orders,
-- a category of those alone, zero amounts, guests in two months that follow each other.
insert into customers values
  (1, 'Ada', null, null),
  (2, 'Ada', '', 1),
  (3, 'Bo', 'Bern', 3),
  (10, 'Zoe', 'Bern', 2);
insert into products values
  (1, 'Fine', 'tea', 1000),
  (2, 'Cheap', 'tea', 999),
  (3, 'Gift', 'food', 0),
  (4, 'Dear', 'tea', 1001),
  (5, 'Cup', 'ware', 999),
  (6, 'Gift', 'food', 0);
insert into orders values
  (1, 10, '2024-12-31', 'cancelled'),
  (2, 10, '2025-01-01', 'cancelled'),
  (3, 2, '2024-12-31', 'paid'),
  (4, 2, '2025-01-01', 'paid'),
  (5, null, '2024-12-30', 'paid'),
  (6, null, '2025-01-02', 'paid');
insert into order_lines values (1, 1, 1, 1000), (2, 2, 2, 999), (2, 3, 1, 0), (2, 5, 1, 999), (3, 3, 7, 0), (3, 6, 8, 0), (4, 3, 1, 0), (4, 2, 1, 999);
insert into movements values (1, 0);
