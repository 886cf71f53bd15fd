-- What the visible data do not have: guests, orders without lines, ties, more than one order on a day.
insert into customers values
  (1, 'Ada', 'Bern', null),
  (2, 'Bo', 'Basel', 1),
  (3, 'Cleo', 'Bern', 2),
  (4, 'Dan', null, 3),
  (5, 'Eve', 'Chur', 4),
  (6, 'Finn', 'Chur', null),
  (7, 'Gus', null, 6),
  (8, 'Hal', 'Bern', 5);
insert into products values
  (1, 'Green', 'tea', 450),
  (2, 'Black', 'tea', 400),
  (3, 'Mint', 'tea', 350),
  (4, 'Rooibos', 'tea', 380),
  (5, 'Mug', 'ware', 1200),
  (6, 'Pot', 'ware', 3500),
  (7, 'Honey', 'food', 700),
  (8, 'Ginger', 'food', 250);
insert into orders values
  (1, 1, '2023-11-30', 'paid'),
  (2, 1, '2023-12-01', 'paid'),
  (3, 2, '2023-12-31', 'paid'),
  (4, null, '2024-01-01', 'paid'),
  (5, 2, '2024-01-01', 'paid'),
  (6, 1, '2024-01-31', 'cancelled'),
  (7, 3, '2024-02-01', 'paid'),
  (8, 3, '2024-02-01', 'paid'),
  (9, 2, '2024-02-29', 'paid'),
  (10, null, '2024-02-29', 'cancelled'),
  (11, 5, '2024-03-01', 'paid'),
  (12, 5, '2024-05-01', 'paid');
insert into order_lines values
  (1, 1, 3, 450), (1, 2, 3, 400), (1, 5, 1, 1200),
  (2, 1, 1, 450), (2, 7, 2, 700),
  (3, 3, 4, 350), (3, 4, 4, 380),
  (4, 1, 1, 450), (4, 2, 1, 400),
  (5, 6, 1, 3500), (5, 7, 1, 700),
  (6, 5, 2, 1200),
  (7, 1, 2, 450), (7, 2, 1, 400), (7, 8, 1, 250),
  (8, 5, 1, 1200), (8, 7, 1, 690),
  (9, 4, 4, 380), (9, 8, 3, 250),
  (10, 8, 9, 250),
  (11, 1, 1, 450), (11, 2, 3, 400);
insert into movements values (1, -100), (2, 300), (3, -300), (4, 300), (5, -10), (6, 10), (7, 0), (8, -200), (9, 199), (10, 1), (11, 1), (12, -1), (13, 0);
