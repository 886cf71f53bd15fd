create table notes (id integer primary key, author text, text text);
