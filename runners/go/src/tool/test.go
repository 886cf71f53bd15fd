package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"gradekit/submission"
	"gradekit/suite"
)

const (
	maxRecords  = 9000
	maxMessage  = 2000
	maxName     = 900
	opening     = 20 * time.Second
	unreachable = 3
	cacheOfRun  = "/tmp/cache"
	// first is the file of ours in each package of the suite: tests run in the order of their files' names.
	first = "0000_gradekit_test.go"
	begin = "Test0000Gradekit"
)

// record is a line of the runner's answer.
type record struct {
	Test    string  `json:"test"`
	Outcome string  `json:"outcome"`
	Message string  `json:"message"`
	Seconds float64 `json:"seconds"`
}

type recorder struct {
	out   *os.File
	count int
	told  map[string]bool
}

func (r *recorder) write(test, outcome, message string, seconds float64) {
	if r.count == maxRecords || r.told[test] {
		return
	}
	r.told[test] = true
	r.count++
	r.line(record{cut(test, maxName), outcome, strings.ToValidUTF8(cut(message, maxMessage), "\uFFFD"), seconds})
}

func (r *recorder) line(told any) {
	text, err := json.Marshal(told)
	if err == nil {
		_, err = r.out.Write(append(text, '\n'))
	}
	if err != nil {
		// Nobody reads any more; without the end record the run counts as cut short.
		os.Exit(1)
	}
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most/2] + " ... " + text[len(text)-most/2+5:]
}

// folder is a folder of the hidden suite with its test files, and the tests in them.
type folder struct {
	name  string // from /hidden, with slashes; empty for the root
	files []string
	tests []string
	owner string // the package that our own file is in
}

func (f folder) id(test string) string {
	if f.name == "" {
		return test
	}
	return f.name + " > " + test
}

// test compiles the hidden suite over the submission, folder by folder, and runs it.
func test(args []string) error {
	split := len(args) == 2 && args[0] == "split"
	out := os.NewFile(uintptr(duplicate(1)), "records")
	if err := syscall.Dup3(2, 1, 0); err != nil {
		return err
	}
	r := &recorder{out: out, told: map[string]bool{}}
	if split && !listening() {
		return exit{unreachable, "the submission's container does not listen"}
	}
	scratch, err := os.MkdirTemp("/tmp", "suite-")
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
	err = walk(hidden, func(path string) error {
		name, err := filepath.Rel(hidden, path)
		if err == nil && name != "go.mod" && name != "go.sum" {
			over[filepath.Join(work, name)] = path
		}
		return err
	})
	if err != nil {
		return err
	}
	folders, err := folders(r)
	if err != nil {
		return err
	}
	for _, each := range folders {
		program, tests := compiled(r, scratch, over, each)
		if program != nil {
			seconds := ""
			if split {
				seconds = args[1]
			}
			runAll(r, program, each, tests, seconds)
			_ = program.Close()
		}
	}
	r.line(map[string]int{"end": r.count})
	return nil
}

func duplicate(descriptor int) int {
	copied, err := syscall.Dup(descriptor)
	if err != nil {
		os.Exit(1)
	}
	syscall.CloseOnExec(copied)
	return copied
}

func listening() bool {
	for end := time.Now().Add(opening); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if connection, err := net.Dial("unix", submission.Socket); err == nil {
			_ = connection.Close()
			return true
		}
	}
	return false
}

// folders are those of the suite that have test files; a file that cannot be read as Go is recorded.
func folders(r *recorder) ([]folder, error) {
	found := map[string]*folder{}
	err := walk(hidden, func(path string) error {
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		name, err := filepath.Rel(hidden, path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			r.write(name, "errored", err.Error(), 0)
			return nil
		}
		key := filepath.Dir(name)
		if found[key] == nil {
			found[key] = &folder{name: strings.TrimPrefix(filepath.ToSlash(key), ".")}
		}
		each := found[key]
		each.files = append(each.files, name)
		// Tests of the package itself go before those beside it, whatever their files are called.
		if each.owner == "" || !strings.HasSuffix(parsed.Name.Name, "_test") {
			each.owner = parsed.Name.Name
		}
		for _, declared := range parsed.Decls {
			if made, ok := declared.(*ast.FuncDecl); ok && isTest(made) {
				each.tests = append(each.tests, made.Name.Name)
			}
		}
		return nil
	})
	all := make([]folder, 0, len(found))
	for _, each := range found {
		sort.Strings(each.files)
		all = append(all, *each)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all, err
}

func isTest(made *ast.FuncDecl) bool {
	rest, ok := strings.CutPrefix(made.Name.Name, "Test")
	if !ok || made.Recv != nil || len(made.Type.Params.List) != 1 || made.Name.Name == "TestMain" {
		return false
	}
	return rest == "" || rest[0] < 'a' || rest[0] > 'z'
}

var complaint = regexp.MustCompile(`(?m)^(?:\./)?([^\s:]+_test\.go):\d+(?::\d+)?: `)

// compiled is the test program of a folder, and the tests in it. Files that do not compile are recorded and left out.
func compiled(r *recorder, scratch string, all overlay, each folder) (*os.File, []string) {
	over := overlay{}
	for path, file := range all {
		over[path] = file
	}
	left := map[string]bool{}
	for _, name := range each.files {
		left[name] = true
	}
	own := filepath.Join(scratch, "own_test.go")
	text := fmt.Sprintf("package %s\n\nimport (\n\t\"testing\"\n\n\tgradekit \"gradekit/suite\"\n)\n\n"+
		"func TestMain(m *testing.M) { gradekit.Main(m) }\n\nfunc %s(*testing.T) { gradekit.Begin() }\n", each.owner, begin)
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		return nil, nil
	}
	over[filepath.Join(work, each.name, first)] = own
	file, target := filepath.Join(scratch, "overlay.json"), filepath.Join(scratch, "suite.test")
	for len(left) > 0 {
		err := over.write(file)
		if err == nil {
			_, err = run(environment(cacheOfRun), "test", "-c", "-p", "2", "-vet=off", "-buildvcs=false", "-gcflags=-e",
				"-ldflags=-s -w", "-overlay", file, "-o", target, "./"+each.name)
		}
		if err == nil {
			break
		}
		wrong := map[string]bool{}
		for _, found := range complaint.FindAllStringSubmatch(err.Error(), -1) {
			name := strings.TrimPrefix(found[1], hidden+"/")
			if left[name] {
				wrong[name] = true
			}
		}
		if len(wrong) == 0 {
			// What is about no file of the suite is about all of them.
			wrong = left
		}
		for _, name := range sorted(wrong) {
			r.write(name, "errored", ending(err.Error()), 0)
			over[filepath.Join(work, name)] = ""
			delete(left, name)
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	program, err := inMemory(target)
	_ = os.Remove(target)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the test program cannot be started:", err)
		os.Exit(1)
	}
	var tests []string
	for _, name := range sorted(left) {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(hidden, name), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, declared := range parsed.Decls {
			if found, ok := declared.(*ast.FuncDecl); ok && isTest(found) {
				tests = append(tests, found.Name.Name)
			}
		}
	}
	return program, tests
}

// inMemory copies a program to where it can be run: no folder that can be written to has programs.
func inMemory(path string) (*os.File, error) {
	name := []byte("suite\x00")
	const memfdCreate = 319
	descriptor, _, failed := syscall.Syscall(memfdCreate, uintptr(unsafe.Pointer(&name[0])), 1, 0)
	if failed != 0 {
		return nil, failed
	}
	program := os.NewFile(descriptor, "suite")
	from, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	_, err = io.Copy(program, from)
	return program, err
}

// runAll runs the tests; when the program ends with one of them, that one failed, and the others run in a new one.
func runAll(r *recorder, program *os.File, each folder, tests []string, seconds string) {
	left := tests
	for len(left) > 0 {
		p := &parsing{r: r, folder: each, running: map[string]bool{}}
		how, said := p.run(program, left, seconds)
		if p.ended {
			p.settle("")
			return
		}
		culprit := p.failed != nil
		p.settle(strings.TrimPrefix(said, ": "))
		open, tops := p.open()
		switch {
		case culprit:
			// What ran beside it runs again.
		case len(open) == 0 && p.done == 0:
			r.write(strings.Join(each.files, ", "), "errored", "the tests' process "+how+" before the first test"+said, 0)
			return
		case len(tops) > 1:
			for _, test := range tops {
				runAll(r, program, each, []string{test}, seconds)
			}
		default:
			for _, test := range open {
				r.write(each.id(test), "failed", "the tests' process "+how+" in this test"+said, 0)
			}
		}
		rest := []string{}
		for _, test := range left {
			if !r.told[each.id(test)] {
				rest = append(rest, test)
			}
		}
		if len(rest) == len(left) {
			return
		}
		left = rest
	}
}

// parsing is what one process of the tests tells.
type parsing struct {
	r       *recorder
	folder  folder
	running map[string]bool
	order   []string
	current string
	said    map[string]string
	done    int
	ended   bool
	// failed is the last test that failed: the framework tells of it before a panic, and the panic says why.
	failed func(why string)
}

// settle records the test that failed last.
func (p *parsing) settle(why string) {
	if p.failed != nil {
		p.failed(why)
		p.failed = nil
	}
}

// open are the tests that began and did not end, those inside of others first; and those of them in no other.
func (p *parsing) open() (all, tops []string) {
	for i := len(p.order) - 1; i >= 0; i-- {
		if name := p.order[i]; p.running[name] {
			all = append(all, name)
			if !strings.Contains(name, "/") {
				tops = append(tops, name)
			}
		}
	}
	return all, tops
}

var result = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): (.+) \((\d+\.\d+)s\)$`)

var outcomes = map[string]string{"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}

func (p *parsing) run(program *os.File, tests []string, seconds string) (how, said string) {
	p.said = map[string]string{}
	quoted := make([]string, len(tests))
	for i, test := range tests {
		quoted[i] = regexp.QuoteMeta(test)
	}
	reading, writing, err := os.Pipe()
	if err != nil {
		os.Exit(1)
	}
	// Descriptor 3 is the channel, 4 the program.
	command := exec.Command("/proc/self/fd/4", "-test.v=test2json", "-test.paniconexit0", "-test.timeout=0",
		"-test.run=^("+begin+"|"+strings.Join(quoted, "|")+")$")
	command.Dir = filepath.Join(hidden, p.folder.name)
	command.Env = []string{"HOME=/tmp", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC", "GOMAXPROCS=2"}
	if seconds != "" {
		command.Env = append(command.Env, submission.Seconds+"="+seconds)
	}
	errors := &last{}
	command.Stdout, command.Stderr = os.Stderr, io.MultiWriter(os.Stderr, errors)
	command.ExtraFiles = []*os.File{writing, program}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = 200 * time.Millisecond
	if err := command.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "the test program cannot be started:", err)
		os.Exit(1)
	}
	_ = writing.Close()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		p.parse(bufio.NewReader(reading))
	}()
	err = command.Wait()
	sweep(command.Process.Pid)
	select {
	case <-finished:
	case <-time.After(200 * time.Millisecond):
		_ = reading.SetReadDeadline(time.Now())
		_ = reading.Close()
		<-finished
	}
	how = "exited with code 0"
	if err != nil {
		how = "ended (" + err.Error() + ")"
	}
	if at := strings.Index(errors.text, "panic: "); at >= 0 {
		said = ": " + strings.SplitN(errors.text[at:], "\n\ngoroutine", 2)[0]
	}
	return how, said
}

// last keeps the end of what is printed.
type last struct{ text string }

func (l *last) Write(data []byte) (int, error) {
	l.text += string(data)
	if len(l.text) > 2*tail {
		l.text = l.text[len(l.text)-tail:]
	}
	return len(data), nil
}

func (p *parsing) parse(in *bufio.Reader) {
	for {
		line, err := in.ReadString('\n')
		if line == suite.End {
			p.ended = true
			return
		}
		if err != nil {
			return
		}
		p.take(strings.TrimSuffix(line, "\n"))
	}
}

// take reads a line. What the framework says begins with a mark; all else was logged by the test at hand.
func (p *parsing) take(line string) {
	told, marked := strings.CutPrefix(line, "\x16")
	if !marked {
		if len(p.said[p.current]) < maxMessage {
			p.said[p.current] += strings.TrimPrefix(line, "    ") + "\n"
		}
		return
	}
	if action, name, ok := strings.Cut(strings.TrimPrefix(told, "=== "), " "); ok && strings.HasPrefix(told, "=== ") {
		name = strings.TrimSpace(name)
		switch action {
		case "RUN":
			p.settle("")
			if name != begin {
				p.running[name] = true
				p.order = append(p.order, name)
			}
			p.current = name
		case "CONT", "NAME":
			p.current = name
		}
		return
	}
	found := result.FindStringSubmatch(told)
	if found == nil {
		return
	}
	name := found[2]
	p.current = name
	p.settle("")
	if name == begin || !p.running[name] {
		return
	}
	delete(p.running, name)
	p.done++
	seconds, _ := strconv.ParseFloat(found[3], 64)
	if found[1] == "PASS" {
		p.r.write(p.folder.id(name), outcomes[found[1]], "", seconds)
		return
	}
	p.failed = func(why string) {
		p.r.write(p.folder.id(name), outcomes[found[1]], strings.TrimSpace(p.said[name]+why), seconds)
	}
}
