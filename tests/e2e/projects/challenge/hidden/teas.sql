create table teas (id serial primary key, name text not null);
insert into teas (name) values ('Assam'), ('Lapsang Souchong');
