module calc

go 1.23
