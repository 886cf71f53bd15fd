select null as totals;
