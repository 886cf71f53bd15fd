select shop, sum(amount) as total from sales group by shop order by shop;
