module toolkit

go 1.23
