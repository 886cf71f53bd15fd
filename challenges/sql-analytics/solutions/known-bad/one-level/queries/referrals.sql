select id, name, 1 as depth from customers where referred_by = 1 and id <> 1
union all
select c.id, c.name, 2 from customers c join customers p on c.referred_by = p.id where p.referred_by = 1 and p.id <> 1
