with recursive n(i) as (select 1 union all select 0 from n) select count(*) from n
