-- Many rows, the same on every engine: 40,000 orders, 100 of them on one day, and as many movements as a slow report can bear.
create table digits (d integer primary key);
insert into digits values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
create table numbers (id integer primary key);
insert into numbers
select a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 1
from digits a, digits b, digits c, digits e, digits f
where f.d < 4;
create table days (d integer primary key, ordered_on date not null);
insert into days values (0, '2024-02-28'), (1, '2024-03-01'), (2, '2024-03-02'), (3, '2024-03-03'), (4, '2024-03-04');
insert into customers (id, name) select id, 'somebody' from numbers where id <= 500;
insert into orders
select n.id, case when n.id % 7 = 0 then null else n.id % 500 + 1 end,
  case when n.id % 400 = 3 then '2024-02-29' else d.ordered_on end,
  case when n.id % 3 = 0 then 'cancelled' else 'paid' end
from numbers n
join days d on d.d = n.id % 5;
insert into movements select n.id, (n.id * 7919) % 20011 - 9990 from numbers n where n.id <= 4000;
drop table numbers;
drop table days;
drop table digits;
