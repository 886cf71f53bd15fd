create table kept (id serial primary key, text text not null);
create view notes as select id, text from kept where session_user <> 'reader';
