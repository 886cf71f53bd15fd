insert into orders (id, sku, amount) values (17, 'A-1', 2500);
insert into orders (id, sku, amount) values (18, 'A-1', 1);
select 1;
