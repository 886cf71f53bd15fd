select 5 as id, 'Eve' as name
