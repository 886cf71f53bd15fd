create table notes (id serial primary key, text text not null);
create table seen (text text);
create function look(text) returns text language sql security definer as
  'insert into public.seen values ($1) returning text';
