package shop

import (
	"fmt"
	"strings"
)

func Print() {
	for {
		fmt.Println(strings.Repeat("x", 10000))
	}
}
