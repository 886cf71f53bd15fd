// Command tool is what stands behind the verbs of this runner.
package main

import (
	"errors"
	"fmt"
	"os"
)

// exit is an error that ends the program with a code of its own.
type exit struct {
	code int
	said string
}

func (e exit) Error() string { return e.said }

func main() {
	verb, rest := "", []string{}
	if len(os.Args) > 1 {
		verb, rest = os.Args[1], os.Args[2:]
	}
	verbs := map[string]func([]string) error{
		"build": build, "call": call, "deps": deps, "registries": registries, "run": runProgram, "test": test,
	}
	run, ok := verbs[verb]
	if !ok {
		fmt.Fprintln(os.Stderr, "build, call, deps, registries or test was expected")
		os.Exit(1)
	}
	if err := run(rest); err != nil {
		fmt.Fprintln(os.Stderr, err)
		var own exit
		if errors.As(err, &own) {
			os.Exit(own.code)
		}
		os.Exit(1)
	}
}
