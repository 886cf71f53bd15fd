select city, count(*) as customers from customers where city is not null group by city order by 2 desc, 1
