create table digits (d integer primary key);
insert into digits values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
insert into movements
select n.id, (n.id * 7919) % 20011 - 9990
from (
  select a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 1 as id
  from digits a, digits b, digits c, digits e, digits f
  where f.d < 8
) n;
drop table digits;
