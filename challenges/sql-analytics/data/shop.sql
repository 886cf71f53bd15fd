insert into customers values
  (1, 'Ada', 'Bern', null),
  (2, 'Bo', 'Basel', 1),
  (3, 'Cleo', 'Bern', 1),
  (4, 'Dan', null, 2),
  (5, 'Eve', 'Chur', null);
insert into products values
  (1, 'Green', 'tea', 450),
  (2, 'Black', 'tea', 400),
  (3, 'Mint', 'tea', 350),
  (4, 'Mug', 'ware', 1200),
  (5, 'Pot', 'ware', 3500),
  (6, 'Honey', 'food', 700);
insert into orders values
  (1, 1, '2024-01-10', 'paid'),
  (2, 2, '2024-01-20', 'paid'),
  (3, 1, '2024-02-03', 'paid'),
  (4, 3, '2024-02-14', 'cancelled'),
  (5, 1, '2024-03-01', 'paid'),
  (6, 4, '2024-03-05', 'paid'),
  (7, 2, '2024-03-09', 'paid');
insert into order_lines values
  (1, 1, 2, 450), (1, 4, 1, 1200),
  (2, 2, 5, 400), (2, 6, 1, 700),
  (3, 1, 1, 450), (3, 2, 1, 400), (3, 4, 2, 1200),
  (4, 5, 1, 3500),
  (5, 3, 4, 350), (5, 6, 2, 650),
  (6, 2, 3, 400), (6, 4, 1, 1200),
  (7, 2, 1, 400), (7, 6, 1, 700);
insert into movements values (1, 500), (2, -200), (3, 900), (4, -100), (5, -100), (6, 250), (7, -50), (8, 10), (9, 20), (10, -30), (11, 5), (12, 400);
