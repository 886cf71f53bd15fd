// Package submission calls the submission from a split suite: it runs elsewhere, and only data cross.
//
//	total := submission.Call(t, "shop.Total", []int{1, 2})
//	if got := submission.As[int](t, total); got != 3 { ... }
//	cart := submission.New(t, "shop.Cart", "ana")
//	cart.Call(t, "Add", "tea")
package submission

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gradekit/wire"
)

// Socket is where the submission's side listens.
const Socket = "/call/socket"

// Seconds is the variable that says how long a call may take.
const Seconds = "GRADEKIT_CALL_SECONDS"

// Value is data that came from the submission.
type Value struct{ told any }

// Object is an object that stays with the submission.
type Object struct{ handle json.Number }

// Raised is an error of the submission: its classes, such as `shop:ErrNoStock` and `:ErrNoStock`, and its text.
type Raised struct {
	Classes []string
	Message string
}

func (r *Raised) Error() string { return r.Message }

// Has tells whether the error has a class, written `shop:ErrNoStock` or `:ErrNoStock`.
func (r *Raised) Has(class string) bool {
	for _, name := range r.Classes {
		if name == class {
			return true
		}
	}
	return false
}

// Call calls `package.Function`; an error that comes fails the test.
func Call(t testing.TB, name string, args ...any) Value {
	t.Helper()
	value, raised := Try(t, name, args...)
	if raised != nil {
		t.Fatalf("%s: %s: %s", name, strings.Join(raised.Classes, ", "), raised.Message)
	}
	return value
}

// Try calls `package.Function`, and gives the error that comes.
func Try(t testing.TB, name string, args ...any) (Value, *Raised) {
	t.Helper()
	at := strings.LastIndex(name, ".")
	return ask(t, wire.Object{"$module": name[:max(at, 0)]}, name[at+1:], args)
}

// New makes an object of `package.Type`.
func New(t testing.TB, name string, args ...any) Object {
	t.Helper()
	return Call(t, name, args...).Object(t)
}

// Call calls a method; an error that comes fails the test.
func (o Object) Call(t testing.TB, method string, args ...any) Value {
	t.Helper()
	value, raised := o.Try(t, method, args...)
	if raised != nil {
		t.Fatalf("%s: %s: %s", method, strings.Join(raised.Classes, ", "), raised.Message)
	}
	return value
}

// Try calls a method, and gives the error that comes.
func (o Object) Try(t testing.TB, method string, args ...any) (Value, *Raised) {
	t.Helper()
	return ask(t, o.packed(), method, args)
}

func (o Object) packed() wire.Object { return wire.Object{"$handle": o.handle} }

// Object is the value as an object.
func (v Value) Object(t testing.TB) Object {
	t.Helper()
	if told, ok := v.told.(wire.Object); ok {
		if number, ok := told["$handle"].(json.Number); ok {
			return Object{number}
		}
	}
	t.Fatalf("the answer is no object that stays with the submission: %v", v.told)
	return Object{}
}

// IsNil tells whether the value is none.
func (v Value) IsNil() bool { return v.told == nil }

// As is the value as a type; what does not fit it exactly fails the test.
func As[T any](t testing.TB, value Value) T {
	t.Helper()
	var made T
	text, err := json.Marshal(plain(value.told))
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if err != nil {
		t.Fatalf("the answer is no %T: %v", made, value.told)
	}
	return made
}

// plain takes the tags off that data of Go need none of.
func plain(told any) any {
	switch value := told.(type) {
	case []any:
		made := make([]any, len(value))
		for i, item := range value {
			made[i] = plain(item)
		}
		return made
	case wire.Object:
		for _, tag := range []string{"$int"} {
			if text, ok := value[tag].(string); ok {
				return json.Number(text)
			}
		}
		for _, tag := range []string{"$tuple", "$set", "$bytes", "$datetime"} {
			if inner, ok := value[tag]; ok {
				return plain(inner)
			}
		}
		made := wire.Object{}
		for key, item := range value {
			made[key] = plain(item)
		}
		return made
	}
	return told
}

var (
	connection net.Conn
	reader     *wire.Reader
	number     int
)

// ask sends a request and waits; no proper answer fails the test for good, and the next begins with a fresh process.
func ask(t testing.TB, on wire.Object, path string, args []any) (Value, *Raised) {
	t.Helper()
	given := make([]any, len(args))
	for i, item := range args {
		given[i] = item
		if object, ok := item.(Object); ok {
			given[i] = object.packed()
		}
	}
	answer, err := exchange(wire.Object{"op": "call", "on": on, "path": path, "args": given, "kwargs": wire.Object{}})
	if err != nil {
		if connection != nil {
			_ = connection.Close()
		}
		connection = nil
		t.Fatalf("%s: %s", path, err)
	}
	if why, ok := answer["refused"]; ok {
		t.Fatalf("%s: it cannot be called so: %v", path, why)
	}
	if told, ok := answer["error"].(wire.Object); ok {
		raised := &Raised{}
		classes, _ := told["classes"].([]any)
		for _, name := range classes {
			raised.Classes = append(raised.Classes, fmt.Sprint(name))
		}
		raised.Message, _ = told["message"].(string)
		return Value{}, raised
	}
	return Value{answer["value"]}, nil
}

func exchange(request wire.Object) (wire.Object, error) {
	if connection == nil {
		made, err := net.Dial("unix", Socket)
		if err != nil {
			return nil, fmt.Errorf("the submission cannot be reached: %w", err)
		}
		connection, reader = made, wire.NewReader(made)
	}
	number++
	request["id"] = number
	seconds, err := strconv.ParseFloat(os.Getenv(Seconds), 64)
	if err != nil {
		seconds = 5
	}
	_ = connection.SetDeadline(time.Now().Add(time.Duration(seconds * float64(time.Second))))
	if err := wire.Write(connection, request); err != nil {
		return nil, fmt.Errorf("the submission's process ended before it was asked: %w", err)
	}
	answer, err := reader.Read()
	if os.IsTimeout(err) {
		return nil, fmt.Errorf("no answer came within %g s", seconds)
	}
	if err != nil {
		return nil, fmt.Errorf("the submission's process ended before it answered: %w", err)
	}
	if answer["id"] != json.Number(strconv.Itoa(number)) {
		return nil, fmt.Errorf("the answer does not fit the question")
	}
	known := 0
	for _, field := range []string{"value", "error", "refused"} {
		if _, ok := answer[field]; ok {
			known++
		}
	}
	if known != 1 {
		return nil, fmt.Errorf("the answer is none of the protocol")
	}
	return answer, nil
}
