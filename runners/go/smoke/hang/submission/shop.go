package shop

func Hang() {
	for {
	}
}
