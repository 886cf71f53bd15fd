package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// runProgram is `go run PACKAGE ARGUMENTS` where no folder that can be written to has programs: it runs from memory.
func runProgram(args []string) error {
	files := 0
	for files < len(args) && strings.HasSuffix(args[files], ".go") {
		files++
	}
	if files == 0 && len(args) > 0 {
		files = 1
	}
	scratch, err := os.MkdirTemp("/tmp", "run-")
	if err != nil {
		return err
	}
	target := filepath.Join(scratch, "program")
	command := exec.Command(golang, append([]string{"build", "-o", target}, args[:files]...)...)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("go run: %w", err)
	}
	program, err := inMemory(target)
	_ = os.RemoveAll(scratch)
	if err != nil {
		return err
	}
	return syscall.Exec(fmt.Sprintf("/proc/self/fd/%d", program.Fd()), append([]string{"program"}, args[files:]...), os.Environ())
}
