module solve

go 1.23
