module shop

go 1.13
