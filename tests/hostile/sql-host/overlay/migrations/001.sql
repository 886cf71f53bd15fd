create table notes (id serial primary key, text text not null);
create temporary table tries (statement text);
insert into tries values
  ('copy (select 1) to program ''true'''),
  ('copy notes (text) from program ''id'''),
  ('copy notes (text) from ''/etc/passwd'''),
  ('copy (select 1) to ''/tmp/x'''),
  ('select pg_read_file(''/etc/passwd'')'),
  ('select pg_read_binary_file(''PG_VERSION'')'),
  ('select pg_ls_dir(''.'')'),
  ('select lo_import(''/etc/passwd'')'),
  ('select lo_export(1, ''/tmp/x'')'),
  ('create extension dblink'),
  ('create extension postgres_fdw'),
  ('create extension adminpack'),
  ('create extension file_fdw'),
  ('create language c'),
  ('create function f() returns int language c as ''libc.so.6'', ''getpid'''),
  ('create function f() returns int language internal as ''pg_backend_pid'''),
  ('alter system set log_connections = on'),
  ('set session_preload_libraries = ''x'''),
  ('set session_replication_role = replica'),
  ('set session authorization gradekit'),
  ('set role gradekit'),
  ('set role reader'),
  ('create role other superuser'),
  ('alter role app superuser'),
  ('alter role reader nologin'),
  ('alter role gradekit password ''x'''),
  ('grant gradekit to app'),
  ('grant pg_read_server_files to app'),
  ('create database other'),
  ('create event trigger e on ddl_command_start execute function f()'),
  ('create tablespace t location ''/tmp'''),
  ('create subscription s connection ''host=127.0.0.1'' publication p'),
  ('select pg_reload_conf()'),
  ('select pg_rotate_logfile()'),
  ('select rolpassword from pg_authid'),
  ('select setting from pg_hba_file_rules'),
  ('update pg_database set datallowconn = true'),
  ('delete from pg_class'),
  ('load ''dblink''');
do $$ declare try text; begin
  for try in select statement from tries loop
    begin
      execute try;
      insert into notes (text) values ('BREACH: ' || try);
    exception when others then null; end;
  end loop;
end $$;
