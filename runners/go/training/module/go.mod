module training

go 1.23
