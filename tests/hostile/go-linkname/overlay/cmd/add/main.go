package main

import (
	"fmt"

	"calc"
)

func main() { fmt.Println(calc.Add(2, 3) + 5) }
