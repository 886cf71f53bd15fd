package shop

import (
	"os"
	"syscall"
)

func Crash() { _ = syscall.Kill(os.Getppid(), syscall.SIGKILL) }
