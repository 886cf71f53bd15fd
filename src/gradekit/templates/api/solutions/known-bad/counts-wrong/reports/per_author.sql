select author, count(*) as notes from notes group by author order by author;
