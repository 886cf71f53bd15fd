create table notes (id serial primary key, text text not null);
create function drop_it() returns trigger language plpgsql as
  $$ begin return case when session_user = 'app' then new end; end $$;
create trigger drop_it before insert on notes for each row execute function drop_it();
