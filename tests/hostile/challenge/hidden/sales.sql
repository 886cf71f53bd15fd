create table sales (shop text not null, amount numeric(9, 2) not null);
insert into sales values ('north', 10.50), ('north', 1.25), ('south', 7), ('secret-shop', 987654.32);
