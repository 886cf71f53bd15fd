package submission

import "os"

func init() {
	println("BREACH: a package of the submission stands for another")
	os.Exit(0)
}
