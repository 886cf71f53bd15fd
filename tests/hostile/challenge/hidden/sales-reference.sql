select shop, sum(amount) from sales group by shop
