package add

var cases = [][3]int{{1, 2, 3}, {1000, 2000, 3000}}
