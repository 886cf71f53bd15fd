package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Places in the image.
const (
	goroot  = "/usr/lib/go-1.23"
	golang  = goroot + "/bin/go"
	work    = "/work"
	hidden  = "/hidden"
	made    = "/build"
	modules = "/opt/deps/mod"
	// tail is how much of a message is told.
	tail = 4000
)

// environment is that of every Go command: nothing of the caller's, no settings file, no other toolchain, no C.
func environment(cache string, more ...string) []string {
	flags := "-mod=readonly"
	if exists(filepath.Join(work, "vendor", "modules.txt")) {
		flags = "-mod=vendor"
	}
	return append([]string{
		"HOME=/tmp", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC",
		"GOENV=off", "GOFLAGS=" + flags, "GOTOOLCHAIN=local", "GOWORK=off", "GO111MODULE=on", "CGO_ENABLED=0",
		"GOTELEMETRY=off", "GOPROXY=off", "GOSUMDB=off", "GOVCS=*:off", "GOMODCACHE=" + modules, "GOCACHE=" + cache,
		"GOTMPDIR=/tmp", "GOMAXPROCS=2",
		// The compiler's heap is short-lived: it may grow less before it is swept, and links within a small container.
		"GOGC=50",
	}, more...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// overlay is the file that tells the compiler which files stand for which; an empty one stands for none.
type overlay map[string]string

func (o overlay) write(path string) error {
	text, err := json.Marshal(map[string]any{"Replace": o})
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// module is what go.mod says.
type module struct {
	Module struct{ Path string }
	Go     string
}

// needModule adds a go.mod where the submission has none.
func (o overlay) needModule(scratch, name string) error {
	if exists(filepath.Join(work, "go.mod")) {
		return nil
	}
	file := filepath.Join(scratch, "go.mod")
	o[filepath.Join(work, "go.mod")] = file
	return os.WriteFile(file, []byte("module "+name+"\n\ngo 1.23\n"), 0o600)
}

// withoutTests leaves the submission's own tests out: they are not what is asked.
func (o overlay) withoutTests() error {
	return walk(work, func(path string) error {
		if strings.HasSuffix(path, "_test.go") {
			o[path] = ""
		}
		return nil
	})
}

// walk goes over the regular files of a folder, but for version control and vendored packages.
func walk(root string, each func(path string) error) error {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (entry.Name() == "vendor" || strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		if entry.Type().IsRegular() {
			return each(path)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// run runs Go in the module; the error is what it said.
func run(env []string, args ...string) ([]byte, error) {
	command := exec.Command(golang, args...)
	command.Dir, command.Env = work, env
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		text := strings.TrimSpace(said.String())
		if text == "" {
			text = err.Error()
		}
		return out.Bytes(), fmt.Errorf("%s", strings.ReplaceAll(text, work+"/", ""))
	}
	return out.Bytes(), nil
}

func ending(text string) string {
	if len(text) > tail {
		return "... " + text[len(text)-tail:]
	}
	return text
}
