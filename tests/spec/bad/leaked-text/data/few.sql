insert into orders (id, sku, amount) values (18, 'A-1', 1);
