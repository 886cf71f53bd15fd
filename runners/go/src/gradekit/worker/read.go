package worker

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gradekit/wire"
)

// received is a list, map, set or byte array of a request, and what was made of it.
type received struct {
	before any
	value  reflect.Value
}

// reader makes values of the types that a function wants.
type reader struct {
	w          *worker
	containers []received
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	bigType      = reflect.TypeFor[*big.Int]()
	ratType      = reflect.TypeFor[*big.Rat]()
	anyType      = reflect.TypeFor[any]()
)

// begin numbers a container; its value is known later.
func (r *reader) begin() int {
	r.containers = append(r.containers, received{})
	return len(r.containers) - 1
}

func (r *reader) end(number int, value reflect.Value) (reflect.Value, error) {
	switch value.Kind() {
	case reflect.Slice, reflect.Map:
		before, err := r.w.packed(value, 0)
		if err == nil {
			r.containers[number] = received{before, value}
		}
	}
	return value, nil
}

// read makes a value of a type; the error is a refusal.
func (r *reader) read(told any, wanted reflect.Type) (reflect.Value, error) {
	if object, ok := told.(wire.Object); ok {
		for tag := range object {
			if strings.HasPrefix(tag, "$") {
				return r.tagged(tag, object, wanted)
			}
		}
	}
	none := reflect.Value{}
	if told == nil {
		switch wanted.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan:
			return reflect.Zero(wanted), nil
		}
		return none, refused("null is no %s", wanted)
	}
	if wanted == bigType || wanted == ratType {
		if number, ok := told.(json.Number); ok {
			return exactNumber(number.String(), wanted)
		}
	}
	switch wanted.Kind() {
	case reflect.Interface:
		return r.natural(told, wanted)
	case reflect.Pointer:
		inner, err := r.read(told, wanted.Elem())
		if err != nil {
			return none, err
		}
		made := reflect.New(wanted.Elem())
		made.Elem().Set(inner)
		return made, nil
	}
	switch value := told.(type) {
	case bool:
		if wanted.Kind() == reflect.Bool {
			return reflect.ValueOf(value).Convert(wanted), nil
		}
	case string:
		return text(value, wanted)
	case json.Number:
		return number(value.String(), wanted)
	case []any:
		return r.items(value, wanted)
	case wire.Object:
		return r.object(value, wanted)
	}
	return none, refused("%s is no %s", kindOf(told), wanted)
}

func kindOf(told any) string {
	switch told.(type) {
	case bool:
		return "a boolean"
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	case nil:
		return "null"
	}
	return "a map"
}

// natural is the value where any type will do.
func (r *reader) natural(told any, wanted reflect.Type) (reflect.Value, error) {
	made := wanted
	switch value := told.(type) {
	case bool:
		made = reflect.TypeFor[bool]()
	case string:
		made = reflect.TypeFor[string]()
	case []any:
		made = reflect.TypeFor[[]any]()
	case wire.Object:
		made = reflect.TypeFor[map[string]any]()
	case json.Number:
		made = reflect.TypeFor[float64]()
		if _, err := strconv.Atoi(value.String()); err == nil {
			made = reflect.TypeFor[int]()
		}
	}
	if !made.AssignableTo(wanted) || made == wanted {
		return reflect.Value{}, refused("%s is no %s", kindOf(told), wanted)
	}
	value, err := r.read(told, made)
	if err != nil {
		return value, err
	}
	return value.Convert(wanted), nil
}

func text(value string, wanted reflect.Type) (reflect.Value, error) {
	none := reflect.Value{}
	switch {
	case wanted == timeType:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
			if made, err := time.Parse(layout, value); err == nil {
				return reflect.ValueOf(made), nil
			}
		}
		return none, refused("%q is no time", value)
	case wanted.Kind() == reflect.String:
		return reflect.ValueOf(value).Convert(wanted), nil
	case wanted.Kind() == reflect.Slice && wanted.Elem().Kind() == reflect.Uint8:
		return reflect.ValueOf([]byte(value)).Convert(wanted), nil
	case wanted.Kind() == reflect.Slice && wanted.Elem().Kind() == reflect.Int32:
		return reflect.ValueOf([]rune(value)).Convert(wanted), nil
	case wanted.Kind() == reflect.Int32 && len([]rune(value)) == 1:
		return reflect.ValueOf([]rune(value)[0]).Convert(wanted), nil
	}
	return none, refused("a text is no %s", wanted)
}

func exactNumber(digits string, wanted reflect.Type) (reflect.Value, error) {
	made, ok := new(big.Rat).SetString(digits)
	if ok && wanted == ratType {
		return reflect.ValueOf(made), nil
	}
	if ok && made.IsInt() && wanted == bigType {
		return reflect.ValueOf(new(big.Int).Set(made.Num())), nil
	}
	return reflect.Value{}, refused("%s is no %s", digits, wanted)
}

func number(digits string, wanted reflect.Type) (reflect.Value, error) {
	made := reflect.New(wanted).Elem()
	refusal := refused("%s does not fit %s", digits, wanted)
	if wanted == durationType {
		seconds, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return made, refusal
		}
		made.SetInt(int64(math.Round(seconds * float64(time.Second))))
		return made, nil
	}
	if len(digits) > 5000 {
		return made, refusal
	}
	switch kind := wanted.Kind(); {
	case kind >= reflect.Int && kind <= reflect.Uintptr:
		exact, ok := new(big.Rat).SetString(digits)
		if !ok || !exact.IsInt() {
			return made, refusal
		}
		whole := exact.Num()
		if kind <= reflect.Int64 {
			if !whole.IsInt64() || made.OverflowInt(whole.Int64()) {
				return made, refusal
			}
			made.SetInt(whole.Int64())
			return made, nil
		}
		if !whole.IsUint64() || made.OverflowUint(whole.Uint64()) {
			return made, refusal
		}
		made.SetUint(whole.Uint64())
		return made, nil
	case kind == reflect.Float32 || kind == reflect.Float64:
		value, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return made, refusal
		}
		made.SetFloat(value)
		return made, nil
	case kind == reflect.Complex64 || kind == reflect.Complex128:
		value, err := strconv.ParseFloat(digits, 64)
		made.SetComplex(complex(value, 0))
		if err != nil {
			return made, refusal
		}
		return made, nil
	}
	return made, refused("a number is no %s", wanted)
}

func (r *reader) items(told []any, wanted reflect.Type) (reflect.Value, error) {
	place := r.begin()
	switch wanted.Kind() {
	case reflect.Slice:
		made := reflect.MakeSlice(wanted, len(told), len(told))
		for i, item := range told {
			value, err := r.read(item, wanted.Elem())
			if err != nil {
				return made, err
			}
			made.Index(i).Set(value)
		}
		return r.end(place, made)
	case reflect.Array:
		made := reflect.New(wanted).Elem()
		if len(told) != made.Len() {
			return made, refused("a list of %d is no %s", len(told), wanted)
		}
		for i, item := range told {
			value, err := r.read(item, wanted.Elem())
			if err != nil {
				return made, err
			}
			made.Index(i).Set(value)
		}
		return made, nil
	case reflect.Map:
		// A set.
		if element := wanted.Elem(); element.Kind() == reflect.Bool || element.Kind() == reflect.Struct && element.NumField() == 0 {
			made := reflect.MakeMap(wanted)
			for _, item := range told {
				key, err := r.read(item, wanted.Key())
				if err != nil {
					return made, err
				}
				in := reflect.New(element).Elem()
				if element.Kind() == reflect.Bool {
					in.SetBool(true)
				}
				made.SetMapIndex(key, in)
			}
			return r.end(place, made)
		}
	}
	return reflect.Value{}, refused("a list is no %s", wanted)
}

func (r *reader) pairs(pairs [][2]any, wanted reflect.Type) (reflect.Value, error) {
	place := r.begin()
	if wanted.Kind() != reflect.Map {
		return reflect.Value{}, refused("a map is no %s", wanted)
	}
	made := reflect.MakeMap(wanted)
	for _, pair := range pairs {
		told := pair[0]
		if digits, ok := told.(string); ok && wanted.Key().Kind() != reflect.String && wanted.Key().Kind() != reflect.Interface {
			told = json.Number(digits)
		}
		key, err := r.read(told, wanted.Key())
		if err != nil {
			return made, err
		}
		value, err := r.read(pair[1], wanted.Elem())
		if err != nil {
			return made, err
		}
		made.SetMapIndex(key, value)
	}
	return r.end(place, made)
}

func (r *reader) object(told wire.Object, wanted reflect.Type) (reflect.Value, error) {
	if wanted.Kind() != reflect.Struct {
		pairs := make([][2]any, 0, len(told))
		for key, value := range told {
			pairs = append(pairs, [2]any{key, value})
		}
		return r.pairs(pairs, wanted)
	}
	r.begin()
	made := reflect.New(wanted).Elem()
	for key, value := range told {
		field, ok := fieldOf(wanted, key)
		if !ok {
			return made, refused("%s has no field %s", wanted, key)
		}
		inner, err := r.read(value, field.Type)
		if err != nil {
			return made, err
		}
		made.FieldByIndex(field.Index).Set(inner)
	}
	return made, nil
}

func fieldOf(made reflect.Type, name string) (reflect.StructField, bool) {
	for i := range made.NumField() {
		field := made.Field(i)
		if key := keyOf(field); key != "" && (key == name || folded(field.Name) == folded(name)) {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func (r *reader) tagged(tag string, told wire.Object, wanted reflect.Type) (reflect.Value, error) {
	none := reflect.Value{}
	content := told[tag]
	words, isText := content.(string)
	list, isList := content.([]any)
	switch {
	case tag == "$handle":
		value, err := r.w.held(content)
		if err != nil {
			return none, err
		}
		for _, form := range []reflect.Value{value, reflect.Indirect(value)} {
			if form.IsValid() && form.Type().AssignableTo(wanted) {
				return form, nil
			}
		}
		return none, refused("an object of %s is no %s", value.Type(), wanted)
	case (tag == "$int" || tag == "$float" || tag == "$decimal" || tag == "$fraction") && isText:
		if wanted == bigType || wanted == ratType {
			return exactNumber(words, wanted)
		}
		if wanted.Kind() == reflect.String {
			return reflect.ValueOf(words).Convert(wanted), nil
		}
		if wanted.Kind() == reflect.Interface {
			if made, ok := new(big.Int).SetString(words, 10); ok && reflect.TypeOf(made).AssignableTo(wanted) {
				return reflect.ValueOf(made), nil
			}
			wanted = reflect.TypeFor[float64]()
		}
		return number(words, wanted)
	case (tag == "$bytes" || tag == "$bytearray") && isText:
		data, err := base64.StdEncoding.DecodeString(words)
		if err != nil {
			return none, refused("it is not base64")
		}
		place := -1
		if tag == "$bytearray" {
			place = r.begin()
		}
		made := reflect.ValueOf(data)
		if wanted.Kind() != reflect.Interface && made.CanConvert(wanted) && wanted.Kind() != reflect.Array {
			made = made.Convert(wanted)
		}
		if !made.Type().AssignableTo(wanted) {
			return none, refused("bytes are no %s", wanted)
		}
		if place >= 0 {
			return r.end(place, made)
		}
		return made, nil
	case (tag == "$date" || tag == "$datetime" || tag == "$uuid" || tag == "$time") && isText:
		return text(words, wanted)
	case tag == "$timedelta" && isText:
		return number(words, durationType)
	case (tag == "$tuple" || tag == "$set" || tag == "$frozenset") && isList:
		return r.read(list, wanted)
	case tag == "$map" && isList:
		pairs := make([][2]any, len(list))
		for i, item := range list {
			pair, ok := item.([]any)
			if !ok || len(pair) != 2 {
				return none, refused("$map has pairs")
			}
			pairs[i] = [2]any{pair[0], pair[1]}
		}
		if wanted == anyType {
			wanted = reflect.TypeFor[map[any]any]()
		}
		return r.pairs(pairs, wanted)
	}
	return none, refused("%s has no like in Go", tag)
}
