select null as author;
