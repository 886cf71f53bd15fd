select null as best;
