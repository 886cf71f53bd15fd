select id, balance
from (select id, sum(cents) over (order by id) as balance from movements) balances
order by balance desc, id
limit 10
