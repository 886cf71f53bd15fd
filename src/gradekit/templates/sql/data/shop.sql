insert into customers values (1, 'Ana', 'Lisbon'), (2, 'Ben', 'Lisbon'), (3, 'Cleo', 'Oslo'), (4, 'Dana', 'Quito');
insert into orders values (1, 1, 20.00), (2, 1, 5.50), (3, 2, 12.00), (4, 3, 8.25);
