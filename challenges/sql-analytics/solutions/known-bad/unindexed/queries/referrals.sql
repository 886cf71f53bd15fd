with recursive below (id, depth) as (
  select id, 1 from customers where referred_by = 1 and id <> 1
  union all
  select c.id, b.depth + 1 from customers c join below b on c.referred_by = b.id
)
select c.id, c.name, b.depth from below b join customers c on c.id = b.id
