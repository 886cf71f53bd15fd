create table notes (id serial primary key, text text not null);
alter table notes enable row level security;
