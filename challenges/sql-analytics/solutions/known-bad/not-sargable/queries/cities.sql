select coalesce(city, 'unknown') as city, count(*) as customers
from customers
group by coalesce(city, 'unknown')
order by 2 desc, 1
