select coalesce(city, 'unknown') as city, count(*) as customers from customers group by city order by customers desc, 1
