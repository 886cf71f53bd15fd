module shop

go 1.23

require golang.org/x/text v0.0.99
