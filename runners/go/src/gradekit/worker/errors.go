package worker

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"gradekit/wire"
)

// Errors of the standard library that are values.
var known = map[string]error{
	"io:EOF":            io.EOF,
	"io/fs:ErrNotExist": fs.ErrNotExist,
	"io/fs:ErrExist":    fs.ErrExist,
	"strconv:ErrSyntax": strconv.ErrSyntax,
	"strconv:ErrRange":  strconv.ErrRange,
}

// refusal is what this side cannot do.
type refusal string

func (r refusal) Error() string { return string(r) }

// absent is something that the submission does not have.
type absent string

func (a absent) Error() string { return string(a) }

func refused(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// failure is the error of an answer.
func (w *worker) failure(thrown any) wire.Object {
	made := wire.Object{"classes": w.classes(thrown), "message": message(thrown), "args": []any{}}
	return made
}

func message(thrown any) (text string) {
	defer func() {
		if recover() != nil {
			text = "an error that cannot say what it is"
		}
	}()
	if err, ok := thrown.(error); ok {
		return strings.ToValidUTF8(err.Error(), "\uFFFD")
	}
	return strings.ToValidUTF8(fmt.Sprint(thrown), "\uFFFD")
}

// classes are the names by which an error is known: its types, the variables that it is, and all that it wraps.
func (w *worker) classes(thrown any) (names []string) {
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	both := func(name string) {
		add(name)
		add(name[strings.LastIndex(name, ":"):])
	}
	defer func() {
		// A submission's own Is and Unwrap may panic.
		if recover() != nil || len(names) == 0 {
			add("builtins:panic")
		}
	}()
	err, ok := thrown.(error)
	if !ok {
		add("builtins:panic")
		return names
	}
	if _, ok := thrown.(absent); ok {
		add("gradekit:Absent")
		return names
	}
	if fault, ok := thrown.(runtime.Error); ok {
		if name := ofRuntime(fault); name != "" {
			add(name)
		}
		add("runtime:Error")
	}
	for _, item := range w.packages {
		for name := range item.Variables {
			if own, ok := reflect.ValueOf(item.Values[name]).Elem().Interface().(error); ok && own != nil && errors.Is(err, own) {
				both(item.module() + ":" + name)
			}
		}
	}
	for name, own := range known {
		if errors.Is(err, own) {
			both(name)
		}
	}
	w.types(err, both, 0)
	add("builtins:error")
	return names
}

const maxChain = 50

func (w *worker) types(err error, add func(string), depth int) {
	if err == nil || depth > maxChain {
		return
	}
	if made := reflect.TypeOf(err); made.Name() != "" || made.Kind() == reflect.Pointer && made.Elem().Name() != "" {
		add(w.nameOf(made))
	}
	switch wrapping := err.(type) {
	case interface{ Unwrap() error }:
		w.types(wrapping.Unwrap(), add, depth+1)
	case interface{ Unwrap() []error }:
		for _, inner := range wrapping.Unwrap() {
			w.types(inner, add, depth+1)
		}
	}
}

func ofRuntime(fault runtime.Error) string {
	if _, ok := fault.(*runtime.TypeAssertionError); ok {
		return "runtime:TypeAssertionError"
	}
	text := fault.Error()
	switch {
	case strings.Contains(text, "out of range"):
		return "runtime:IndexError"
	case strings.Contains(text, "divide by zero"):
		return "runtime:DivideError"
	case strings.Contains(text, "nil"):
		return "runtime:NilError"
	}
	return ""
}
