module add

go 1.23
