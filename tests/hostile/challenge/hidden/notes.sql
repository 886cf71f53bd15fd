insert into notes (text) values ('buy milk'), ('call home');
