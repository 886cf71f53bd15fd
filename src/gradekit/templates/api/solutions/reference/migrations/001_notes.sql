create table notes (
    id integer primary key,
    author text not null check (trim(author) <> ''),
    text text not null check (trim(text) <> '')
);
