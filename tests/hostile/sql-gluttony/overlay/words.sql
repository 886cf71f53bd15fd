select md5(i::text) || repeat(' ', 2000), i from generate_series(1, 10000000) i order by 1
