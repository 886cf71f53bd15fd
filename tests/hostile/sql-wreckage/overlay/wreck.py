import runpy

import db

wreck = """
do $$ declare what record; begin
  for what in select tablename from pg_tables where schemaname = 'public' loop
    execute 'drop table ' || what.tablename || ' cascade';
  end loop;
  begin drop schema public cascade; exception when others then null; end;
  for what in select datname from pg_database loop
    begin execute 'drop database ' || what.datname; exception when others then null; end;
  end loop;
  perform pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = user;
end $$
"""
db.Connection().query(wreck)
runpy.run_path("app.py", run_name="__main__")
