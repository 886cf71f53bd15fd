select 12 as id, 1605 as balance
union all select 6 as id, 1250 as balance
union all select 9 as id, 1230 as balance
union all select 8 as id, 1210 as balance
union all select 11 as id, 1205 as balance
union all select 3 as id, 1200 as balance
union all select 7 as id, 1200 as balance
union all select 10 as id, 1200 as balance
union all select 4 as id, 1100 as balance
union all select 5 as id, 1000 as balance
