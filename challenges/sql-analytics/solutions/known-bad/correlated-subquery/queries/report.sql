-- The balance after each movement, and of these the ten greatest: right, and far too slow.
select m.id, (select sum(n.cents) from movements n where n.id <= m.id) as balance
from movements m
order by balance desc, m.id
limit 10
