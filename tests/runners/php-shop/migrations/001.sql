create table product (name text primary key, price numeric(8, 2) not null);
insert into product values ('tea', 1.50), ('pot', 120.00);
