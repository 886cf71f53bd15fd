module add

go 1.26
