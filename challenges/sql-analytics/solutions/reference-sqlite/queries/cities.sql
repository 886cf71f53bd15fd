select ifnull(city, 'unknown') as city, count(*) as customers from customers group by city order by customers desc, ifnull(city, 'unknown')
