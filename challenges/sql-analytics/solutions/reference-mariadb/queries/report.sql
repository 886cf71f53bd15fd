with balances as (select id, sum(cents) over (order by id rows unbounded preceding) as balance from movements)
select id, balance from balances order by balance desc, id limit 10
