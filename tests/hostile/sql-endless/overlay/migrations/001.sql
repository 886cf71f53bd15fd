create table notes (id serial primary key, text text not null);
create function flood() returns integer language plpgsql as $$ begin
  loop
    begin
      loop raise notice 'x'; end loop;
    exception when query_canceled then null; end;
  end loop;
end $$;
