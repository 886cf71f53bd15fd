package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// listed is a package as Go describes it.
type listed struct {
	Dir        string
	ImportPath string
	Name       string
	GoFiles    []string
	CgoFiles   []string
	Standard   bool
	Error      *struct{ Err string }
}

// build compiles the submission's programs to /build/bin, and what answers calls to /build/call.
func build([]string) error {
	scratch, err := os.MkdirTemp("/tmp", "build-")
	if err != nil {
		return err
	}
	over := overlay{}
	if err := over.needModule(scratch, "submission"); err != nil {
		return err
	}
	if err := over.withoutTests(); err != nil {
		return err
	}
	file := filepath.Join(scratch, "overlay.json")
	if err := over.write(file); err != nil {
		return err
	}
	env := environment(filepath.Join(made, "cache"))
	packages, err := list(env, file)
	if err != nil {
		return fmt.Errorf("it does not compile:\n%s", ending(err.Error()))
	}
	args := []string{"build", "-p", "2", "-buildvcs=false", "-overlay", file}
	programs := false
	for _, item := range packages {
		programs = programs || item.Name == "main"
	}
	if programs {
		args = append(args, "-ldflags=-s -w", "-o", filepath.Join(made, "bin")+"/")
	}
	if _, err := run(env, append(args, "./...")...); err != nil {
		return fmt.Errorf("it does not compile:\n%s", ending(err.Error()))
	}
	return answering(env, scratch, over, packages)
}

func list(env []string, file string) ([]listed, error) {
	out, err := run(env, "list", "-buildvcs=false", "-overlay", file, "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,Error", "./...")
	if err != nil {
		return nil, err
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var item listed
		if err := decoder.Decode(&item); err != nil {
			return nil, err
		}
		packages = append(packages, item)
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("there is no package; .go files were expected, with go.mod at the root, and no C in them")
	}
	return packages, nil
}

const dispatcher = "gradekit_calls"

// answering makes the program that answers calls; Go loads nothing by name, so that all of it is in there.
func answering(env []string, scratch string, over overlay, packages []listed) error {
	var imports, entries strings.Builder
	for i, item := range packages {
		if item.Name == "main" || len(item.GoFiles) == 0 {
			continue
		}
		entry, err := exported(item, fmt.Sprintf("p%d", i))
		if err != nil {
			return err
		}
		if entry != "" {
			fmt.Fprintf(&imports, "\tp%d %q\n", i, item.ImportPath)
			entries.WriteString(entry)
		}
	}
	if imports.Len() == 0 {
		return nil
	}
	text := "package main\n\nimport (\n\t\"reflect\"\n\n\t\"gradekit/worker\"\n" + imports.String() + ")\n\n" +
		"var _ reflect.Type\n\nfunc main() {\n\tworker.Serve([]worker.Package{\n" + entries.String() + "\t})\n}\n"
	source, file := filepath.Join(scratch, "main.go"), filepath.Join(scratch, "calls.json")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		return err
	}
	over[filepath.Join(work, dispatcher, "main.go")] = source
	if err := over.write(file); err != nil {
		return err
	}
	args := []string{"build", "-p", "2", "-buildvcs=false", "-overlay", file, "-ldflags=-s -w", "-o", filepath.Join(made, "call")}
	if _, err := run(env, append(args, "./"+dispatcher)...); err != nil {
		return fmt.Errorf("what answers calls to its packages does not compile:\n%s", ending(err.Error()))
	}
	return nil
}

// exported writes what a package exports, as an entry of the generated program; empty when that is nothing.
func exported(item listed, alias string) (string, error) {
	functions, variables, constants, types := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, name := range item.GoFiles {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(item.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		for _, declared := range parsed.Decls {
			switch made := declared.(type) {
			case *ast.FuncDecl:
				if made.Recv == nil && made.Name.IsExported() && made.Type.TypeParams == nil {
					functions[made.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range made.Specs {
					switch one := spec.(type) {
					case *ast.TypeSpec:
						if one.Name.IsExported() && one.TypeParams == nil {
							types[one.Name.Name] = true
						}
					case *ast.ValueSpec:
						for _, name := range one.Names {
							if name.IsExported() && made.Tok == token.CONST {
								constants[name.Name] = true
							} else if name.IsExported() {
								variables[name.Name] = true
							}
						}
					}
				}
			}
		}
	}
	if len(functions)+len(variables)+len(constants)+len(types) == 0 {
		return "", nil
	}
	path, err := filepath.Rel(work, item.Dir)
	if err != nil {
		return "", err
	}
	if path == "." {
		path = ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\t\t{Path: %q, Name: %q, Values: map[string]interface{}{\n", filepath.ToSlash(path), item.Name)
	for _, name := range sorted(functions) {
		fmt.Fprintf(&out, "\t\t\t%q: %s.%s,\n", name, alias, name)
	}
	for _, name := range sorted(constants) {
		fmt.Fprintf(&out, "\t\t\t%q: %s.%s,\n", name, alias, name)
	}
	for _, name := range sorted(variables) {
		fmt.Fprintf(&out, "\t\t\t%q: &%s.%s,\n", name, alias, name)
	}
	out.WriteString("\t\t}, Variables: map[string]bool{\n")
	for _, name := range sorted(variables) {
		fmt.Fprintf(&out, "\t\t\t%q: true,\n", name)
	}
	out.WriteString("\t\t}, Types: map[string]reflect.Type{\n")
	for _, name := range sorted(types) {
		fmt.Fprintf(&out, "\t\t\t%q: reflect.TypeFor[%s.%s](),\n", name, alias, name)
	}
	out.WriteString("\t\t}},\n")
	return out.String(), nil
}

func sorted(names map[string]bool) []string {
	all := make([]string, 0, len(names))
	for name := range names {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
