package worker

import (
	"reflect"
	"strings"
	"unicode"
)

// Package is a package of the submission, as the generated program hands it over.
type Package struct {
	// Path is its folder in the module, with slashes; empty for the root.
	Path string
	Name string
	// Values are functions and constants, and pointers to variables.
	Values map[string]any
	// Variables are the names of those values that are pointers to variables.
	Variables map[string]bool
	Types     map[string]reflect.Type
}

// folded is what is left of a name when writing it in another style makes no difference.
func folded(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// among finds a name as it is, else the only one that differs in style.
func among(name string, has func(string) bool, all []string) string {
	if has(name) {
		return name
	}
	found := ""
	for _, other := range all {
		if folded(other) == folded(name) {
			if found != "" {
				return ""
			}
			found = other
		}
	}
	return found
}

// snake is an exported field's name as a spec writes it.
func snake(name string) string {
	var out strings.Builder
	letters := []rune(name)
	for i, letter := range letters {
		if unicode.IsUpper(letter) && i > 0 {
			before := unicode.IsLower(letters[i-1]) || unicode.IsDigit(letters[i-1])
			after := i+1 < len(letters) && unicode.IsLower(letters[i+1]) && unicode.IsUpper(letters[i-1])
			if before || after {
				out.WriteByte('_')
			}
		}
		out.WriteRune(unicode.ToLower(letter))
	}
	return out.String()
}

// keyOf is the name of a field among data; empty when it is left out.
func keyOf(field reflect.StructField) string {
	tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	switch {
	case tag == "-" || !field.IsExported():
		return ""
	case tag != "":
		return tag
	}
	return snake(field.Name)
}

// module is a package by its name in a spec, `shop.pricing`: its folder, or for the root the package's own name.
func (w *worker) module(name string) *Package {
	path := folded(strings.ReplaceAll(name, ".", "/"))
	var root *Package
	for i := range w.packages {
		found := &w.packages[i]
		if folded(found.Path) == path {
			return found
		}
		if found.Path == "" && folded(found.Name) == path {
			root = found
		}
	}
	return root
}

// nameOf is the name of a type in answers, `shop/cart:Cart`.
func (w *worker) nameOf(made reflect.Type) string {
	for made.Kind() == reflect.Pointer {
		made = made.Elem()
	}
	for _, item := range w.packages {
		if own, ok := item.Types[made.Name()]; ok && own == made {
			return item.module() + ":" + made.Name()
		}
	}
	return made.PkgPath() + ":" + made.Name()
}

func (p *Package) module() string {
	if p.Path == "" {
		return p.Name
	}
	return strings.ReplaceAll(p.Path, "/", ".")
}

func keys[V any](all map[string]V) []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	return names
}
