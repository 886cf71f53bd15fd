package worker

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"gradekit/wire"
)

const exact = 1 << 53

// packed is a value as it goes over the wire.
func (w *worker) packed(value reflect.Value, depth int) (any, error) {
	if depth > wire.MaxDepth-10 {
		return nil, refused("it is nested too deeply")
	}
	if !value.IsValid() {
		return nil, nil
	}
	if value.Kind() == reflect.Interface {
		return w.packed(value.Elem(), depth)
	}
	if special, ok, err := w.special(value); ok || err != nil {
		return special, err
	}
	switch value.Kind() {
	case reflect.Bool:
		return value.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return whole(value.Int() > -exact && value.Int() < exact, strconv.FormatInt(value.Int(), 10), value.Interface()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return whole(value.Uint() < exact, strconv.FormatUint(value.Uint(), 10), value.Interface()), nil
	case reflect.Float32, reflect.Float64:
		return float(value.Float()), nil
	case reflect.Complex64, reflect.Complex128:
		return wire.Object{"$complex": []any{float(real(value.Complex())), float(imag(value.Complex()))}}, nil
	case reflect.String:
		return strings.ToValidUTF8(value.String(), "\uFFFD"), nil
	case reflect.Slice, reflect.Array:
		return w.list(value, depth)
	case reflect.Map:
		return w.mapping(value, depth)
	case reflect.Pointer:
		return w.pointer(value, depth)
	case reflect.Struct:
		if isData(value.Type()) {
			return w.data(value, depth)
		}
		kept := reflect.New(value.Type())
		kept.Elem().Set(value)
		return w.handle(kept), nil
	default:
		return w.handle(value), nil
	}
}

func whole(small bool, digits string, value any) any {
	if small {
		return value
	}
	return wire.Object{"$int": digits}
}

func float(number float64) any {
	switch {
	case math.IsNaN(number):
		return wire.Object{"$float": "nan"}
	case math.IsInf(number, 1):
		return wire.Object{"$float": "inf"}
	case math.IsInf(number, -1):
		return wire.Object{"$float": "-inf"}
	}
	return number
}

// special packs what the standard library has for dates, exact numbers and errors, and names of enumerations.
func (w *worker) special(value reflect.Value) (any, bool, error) {
	if !value.CanInterface() {
		return nil, false, refused("a field that is not exported")
	}
	if isNil(value) {
		return nil, true, nil
	}
	switch made := value.Interface().(type) {
	case time.Time:
		return wire.Object{"$datetime": made.Format(time.RFC3339Nano)}, true, nil
	case time.Duration:
		return wire.Object{"$timedelta": fmt.Sprintf("%.6f", made.Seconds())}, true, nil
	case *big.Int:
		return whole(made.IsInt64() && made.Int64() > -exact && made.Int64() < exact, made.String(), made), true, nil
	case *big.Rat:
		return wire.Object{"$fraction": made.String()}, true, nil
	case error:
		failure := w.failure(made)
		return wire.Object{"$exception": failure}, true, nil
	case fmt.Stringer:
		kind := value.Kind()
		if kind >= reflect.Int && kind <= reflect.Uint64 && value.Type().PkgPath() != "" {
			return wire.Object{"$enum": []any{w.nameOf(value.Type()), made.String()}}, true, nil
		}
	}
	return nil, false, nil
}

func isNil(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.Interface:
		return value.IsNil() && value.Kind() != reflect.Slice && value.Kind() != reflect.Map
	}
	return false
}

func (w *worker) list(value reflect.Value, depth int) (any, error) {
	if value.Type().Elem().Kind() == reflect.Uint8 && value.Kind() == reflect.Slice {
		return wire.Object{"$bytes": base64.StdEncoding.EncodeToString(value.Bytes())}, nil
	}
	items := make([]any, value.Len())
	for i := range items {
		item, err := w.packed(value.Index(i), depth+1)
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}

func (w *worker) mapping(value reflect.Value, depth int) (any, error) {
	// A map of nothing to its keys is Go's set.
	if element := value.Type().Elem(); element.Kind() == reflect.Struct && element.NumField() == 0 {
		items := reflect.MakeSlice(reflect.SliceOf(value.Type().Key()), 0, value.Len())
		items = reflect.Append(items, value.MapKeys()...)
		packed, err := w.list(items, depth+1)
		return wire.Object{"$set": packed}, err
	}
	plain, pairs := wire.Object{}, []any{}
	texts := value.Type().Key().Kind() == reflect.String
	for iterator := value.MapRange(); iterator.Next(); {
		key, err := w.packed(iterator.Key(), depth+1)
		if err != nil {
			return nil, err
		}
		item, err := w.packed(iterator.Value(), depth+1)
		if err != nil {
			return nil, err
		}
		text, ok := key.(string)
		texts = texts && ok && !strings.HasPrefix(text, "$")
		if ok {
			plain[text] = item
		}
		pairs = append(pairs, []any{key, item})
	}
	if texts {
		return plain, nil
	}
	sort.Slice(pairs, func(i, j int) bool { return fmt.Sprint(pairs[i]) < fmt.Sprint(pairs[j]) })
	return wire.Object{"$map": pairs}, nil
}

func (w *worker) pointer(value reflect.Value, depth int) (any, error) {
	if made := value.Type().Elem(); made.Kind() == reflect.Struct && !isData(made) {
		return w.handle(value), nil
	}
	return w.packed(value.Elem(), depth+1)
}

// isData tells whether a struct is all that it says: nothing hidden, and no methods but those that write it.
func isData(made reflect.Type) bool {
	for i := range made.NumField() {
		if !made.Field(i).IsExported() {
			return false
		}
	}
	methods := reflect.PointerTo(made)
	for i := range methods.NumMethod() {
		switch methods.Method(i).Name {
		case "String", "GoString", "Format", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText":
		default:
			return false
		}
	}
	return true
}

func (w *worker) data(value reflect.Value, depth int) (any, error) {
	made := wire.Object{}
	for i := range value.NumField() {
		key := keyOf(value.Type().Field(i))
		if key == "" {
			continue
		}
		item, err := w.packed(value.Field(i), depth+1)
		if err != nil {
			return nil, err
		}
		made[key] = item
	}
	return made, nil
}

// handle keeps an object here.
func (w *worker) handle(value reflect.Value) any {
	var number int
	for known, kept := range w.objects {
		if kept.Kind() == reflect.Pointer && value.Kind() == reflect.Pointer && kept.Pointer() == value.Pointer() &&
			kept.Type() == value.Type() {
			number = known
		}
	}
	if number == 0 {
		w.fresh++
		number = w.fresh
		w.objects[number] = value
	}
	w.sent[number]++
	return wire.Object{"$handle": number, "class": w.nameOf(value.Type())}
}

func (w *worker) drop(number, count int) {
	if w.sent[number] -= count; w.sent[number] <= 0 {
		delete(w.objects, number)
		delete(w.sent, number)
	}
}
