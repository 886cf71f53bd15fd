insert into a values ({{ variant.left }});
