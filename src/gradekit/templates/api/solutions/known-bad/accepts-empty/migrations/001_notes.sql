create table notes (
    id integer primary key,
    author text not null,
    text text not null
);
