package add

func Add(one, other int) int {
	return one + other
}
