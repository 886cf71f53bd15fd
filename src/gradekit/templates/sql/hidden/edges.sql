-- Two share the first place in a city, one city has no orders, two customers have spent the same.
insert into customers values
    (1, 'Zoe', 'Lima'), (2, 'Abe', 'Lima'), (3, 'Kim', 'Lima'), (4, 'Lou', 'Oslo'), (5, 'Max', 'Kyiv'), (6, 'Eve', 'Kyiv');
insert into orders values (1, 1, 10.00), (2, 2, 4.00), (3, 2, 6.00), (4, 3, 9.99), (5, 5, 0.01);
