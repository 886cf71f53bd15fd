// Package worker answers the calls of one connection, which is the standard input.
package worker

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"

	"gradekit/wire"
)

type worker struct {
	packages []Package
	objects  map[int]reflect.Value
	sent     map[int]int
	fresh    int
}

var errorType = reflect.TypeFor[error]()

// Serve answers until the connection ends.
func Serve(packages []Package) {
	connection := os.Stdin
	null, _ := os.Open(os.DevNull)
	os.Stdin, os.Stdout = null, os.Stderr
	w := &worker{packages: packages, objects: map[int]reflect.Value{}, sent: map[int]int{}}
	reader := wire.NewReader(connection)
	for {
		request, err := reader.Read()
		if err != nil {
			os.Exit(0)
		}
		answer := w.answer(request)
		answer["id"] = request["id"]
		if err := wire.Write(connection, answer); err != nil {
			too := wire.Object{"id": request["id"], "refused": "the answer cannot be written: " + err.Error()}
			if wire.Write(connection, too) != nil {
				os.Exit(0)
			}
		}
	}
}

// answer does what is asked; an error of the submission is an answer, too.
func (w *worker) answer(request wire.Object) (told wire.Object) {
	defer func() {
		if thrown := recover(); thrown != nil {
			told = wire.Object{"error": w.failure(thrown)}
		}
	}()
	defer w.dropped(request)
	made, err := w.do(request)
	var refusal refusal
	if errors.As(err, &refusal) && err == error(refusal) {
		return wire.Object{"refused": string(refusal)}
	}
	if err != nil {
		return wire.Object{"error": w.failure(err)}
	}
	return made
}

func (w *worker) dropped(request wire.Object) {
	items, _ := request["drop"].([]any)
	for _, item := range items {
		if pair, ok := item.([]any); ok && len(pair) == 2 {
			w.drop(integer(pair[0]), integer(pair[1]))
		}
	}
}

func integer(told any) int {
	number, _ := told.(json.Number)
	value, _ := number.Int64()
	return int(value)
}

func (w *worker) do(request wire.Object) (wire.Object, error) {
	switch request["op"] {
	case "import":
		name, _ := request["module"].(string)
		return wire.Object{"value": w.module(name) != nil}, nil
	case "call":
		args, _ := request["args"].([]any)
		kwargs, _ := request["kwargs"].(wire.Object)
		found, err := w.find(request)
		if err != nil {
			return nil, err
		}
		return w.call(found, args, kwargs)
	case "get":
		found, err := w.find(request)
		if err != nil {
			return nil, err
		}
		if found.value.Kind() == reflect.Func {
			if !found.method || found.value.Type().NumIn() > 0 || found.value.Type().NumOut() == 0 {
				return wire.Object{"value": wire.Object{"$callable": wire.Object{"async": false}}}, nil
			}
			return w.call(found, nil, nil)
		}
		if found.made != nil {
			return wire.Object{"value": wire.Object{"$class": w.nameOf(found.made)}}, nil
		}
		packed, err := w.packed(found.value, 0)
		return wire.Object{"value": packed}, err
	}
	return nil, refused("there is no operation %v here", request["op"])
}

// place is what a path leads to: a value, or a type.
type place struct {
	value  reflect.Value
	made   reflect.Type
	in     *Package
	method bool
}

func (w *worker) held(told any) (reflect.Value, error) {
	value, ok := w.objects[integer(told)]
	if !ok {
		return value, refused("there is no object %v", told)
	}
	return value, nil
}

func (w *worker) find(request wire.Object) (place, error) {
	path, _ := request["path"].(string)
	names := strings.Split(path, ".")
	if path == "" {
		names = nil
	}
	on, _ := request["on"].(wire.Object)
	var at place
	if name, ok := on["$module"].(string); ok {
		found := w.module(name)
		if found == nil {
			return at, absent("there is no package " + name)
		}
		if len(names) == 0 {
			return at, refused("a package is no value")
		}
		var err error
		if at, err = found.member(names[0]); err != nil {
			return at, err
		}
		names = names[1:]
	} else if name, ok := on["$class"].(string); ok {
		module, class, _ := strings.Cut(name, ":")
		found := w.module(module)
		if found == nil || found.Types[class] == nil {
			return at, refused("there is no type %s", name)
		}
		at = place{made: found.Types[class], in: found}
	} else if number, ok := on["$handle"]; ok {
		value, err := w.held(number)
		if err != nil {
			return at, err
		}
		at = place{value: value}
	} else {
		value, err := (&reader{w: w}).read(request["on"], anyType)
		if err != nil {
			return at, err
		}
		at = place{value: value}
	}
	for _, name := range names {
		next, err := at.member(name)
		if err != nil {
			return at, err
		}
		at = next
	}
	return at, nil
}

func (p *Package) member(name string) (place, error) {
	value := func(name string) bool { _, ok := p.Values[name]; return ok }
	made := func(name string) bool { _, ok := p.Types[name]; return ok }
	if made(name) {
		return place{made: p.Types[name], in: p}, nil
	}
	if found := among(name, value, keys(p.Values)); found != "" {
		value := reflect.ValueOf(p.Values[found])
		if p.Variables[found] {
			value = value.Elem()
		}
		return place{value: value}, nil
	}
	if found := among(name, made, keys(p.Types)); found != "" {
		return place{made: p.Types[found], in: p}, nil
	}
	return place{}, absent("package " + p.Name + " exports no " + name)
}

// member is a field or a method of a value, or a method of a type as a function.
func (at place) member(name string) (place, error) {
	if at.made != nil {
		made := reflect.PointerTo(at.made)
		for i := range made.NumMethod() {
			if method := made.Method(i); method.Name == name || folded(method.Name) == folded(name) {
				return place{value: method.Func}, nil
			}
		}
		return at, absent(at.made.String() + " has no method " + name)
	}
	value := at.value
	for value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	if !value.IsValid() {
		return at, absent("nil has no " + name)
	}
	methods := make([]string, value.NumMethod())
	for i := range methods {
		methods[i] = value.Type().Method(i).Name
	}
	isMethod := func(name string) bool { return value.MethodByName(name).IsValid() }
	if found := among(name, isMethod, methods); found != "" {
		return place{value: value.MethodByName(found), method: true}, nil
	}
	if inner := reflect.Indirect(value); inner.Kind() == reflect.Struct {
		if field, ok := fieldOf(inner.Type(), name); ok {
			return place{value: inner.FieldByIndex(field.Index)}, nil
		}
	} else if inner.Kind() == reflect.Map && inner.Type().Key().Kind() == reflect.String {
		if item := inner.MapIndex(reflect.ValueOf(name).Convert(inner.Type().Key())); item.IsValid() {
			return place{value: item}, nil
		}
	}
	return at, absent(value.Type().String() + " has no " + name)
}

// call calls a function, or makes an object of a type: by its constructor, else of its fields.
func (w *worker) call(at place, args []any, kwargs wire.Object) (wire.Object, error) {
	r := &reader{w: w}
	if at.made != nil {
		constructor, ok := at.in.Values["New"+at.made.Name()]
		if !ok {
			return w.create(r, at.made, args, kwargs)
		}
		at = place{value: reflect.ValueOf(constructor)}
	}
	function := at.value
	for function.Kind() == reflect.Interface {
		function = function.Elem()
	}
	if function.Kind() != reflect.Func || function.IsNil() {
		return nil, refused("it is no function")
	}
	given, err := r.arguments(function.Type(), args, kwargs)
	if err != nil {
		return nil, err
	}
	results := function.Call(given)
	value, thrown, err := w.result(results)
	if err != nil {
		return nil, err
	}
	told := wire.Object{}
	if thrown != nil {
		told["error"] = w.failure(thrown)
	} else {
		told["value"] = value
	}
	return told, r.changes(told)
}

func (w *worker) create(r *reader, made reflect.Type, args []any, kwargs wire.Object) (wire.Object, error) {
	if len(args) > 0 {
		return nil, absent("there is no function New" + made.Name() + " that takes arguments")
	}
	value, err := r.object(kwargs, made)
	if made.Kind() != reflect.Struct {
		return nil, absent("there is no function New" + made.Name())
	}
	if err != nil {
		return nil, err
	}
	kept := reflect.New(made)
	kept.Elem().Set(value)
	return wire.Object{"value": w.handle(kept)}, nil
}

func (r *reader) arguments(function reflect.Type, args []any, kwargs wire.Object) ([]reflect.Value, error) {
	wanted := function.NumIn()
	fixed := wanted
	if function.IsVariadic() {
		fixed--
	}
	if len(kwargs) > 0 {
		// Named arguments are the fields of a last one.
		args = append(append([]any{}, args...), kwargs)
	}
	if len(args) < fixed || len(args) > wanted && !function.IsVariadic() {
		return nil, refused("it takes %d arguments, not %d", fixed, len(args))
	}
	given := make([]reflect.Value, 0, len(args))
	for i, told := range args {
		made := function.In(min(i, wanted-1))
		if i >= fixed {
			made = made.Elem()
		}
		value, err := r.read(told, made)
		if err != nil {
			return nil, refused("argument %d: %s", i+1, err)
		}
		if !value.IsValid() {
			value = reflect.Zero(made)
		}
		given = append(given, value)
	}
	return given, nil
}

// result is what a function returns: an error is one, `value, ok` is null when it is not ok, more are a tuple.
func (w *worker) result(results []reflect.Value) (any, error, error) {
	if last := len(results) - 1; last >= 0 && results[last].Type().Implements(errorType) && results[last].Kind() == reflect.Interface {
		if !results[last].IsNil() {
			return nil, results[last].Interface().(error), nil
		}
		results = results[:last]
	} else if last == 1 && results[last].Kind() == reflect.Bool {
		if !results[last].Bool() {
			return nil, nil, nil
		}
		results = results[:last]
	}
	packed := make([]any, len(results))
	for i, item := range results {
		value, err := w.packed(item, 0)
		if err != nil {
			return nil, nil, err
		}
		packed[i] = value
	}
	switch len(packed) {
	case 0:
		return nil, nil, nil
	case 1:
		return packed[0], nil, nil
	}
	return wire.Object{"$tuple": packed}, nil, nil
}

func (r *reader) changes(told wire.Object) error {
	changed := []any{}
	for number, item := range r.containers {
		if !item.value.IsValid() {
			continue
		}
		now, err := r.w.packed(item.value, 0)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(now, item.before) {
			changed = append(changed, []any{number, now})
		}
	}
	if len(changed) > 0 {
		told["changed"] = changed
	}
	return nil
}
