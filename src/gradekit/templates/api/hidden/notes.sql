insert into notes (author, text) values ('zoe', 'a'), ('zoe', 'g'), ('zoe', 'h'), ('abe', 'b'), ('abe', 'c'), ('kim', 'd'), ('kim', 'e'), ('lou', 'f');
