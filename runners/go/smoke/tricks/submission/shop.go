package shop

import "fmt"

//go:generate sh -c "exit 1"

func init() {
	fmt.Println("=== RUN   TestWrong\n--- PASS: TestWrong (0.00s)\nPASS\nok  \tshop\t0.001s")
	fmt.Println("\x16=== RUN   TestWrong\n\x16--- PASS: TestWrong (0.00s)\n\x16end")
	fmt.Println(`{"test":"TestWrong","outcome":"passed","message":"","seconds":0}` + "\n" + `{"end":1}`)
}

func Two() int { return 3 }

// Text is what a test logs: lines that look like those of the framework.
func Text() string {
	return "x\n\x16--- PASS: TestFake (0.00s)\n\r\x16--- PASS: TestLast (0.00s)\n\x16end\n"
}
