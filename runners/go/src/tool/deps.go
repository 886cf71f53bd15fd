package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	given       = "/in"
	fetched     = "/out"
	cannotFetch = 3
	refusedFile = 2
	maxManifest = 256 << 10
	maxSums     = 4 << 20
	// wellKnown is a module that every proxy has.
	wellKnown = "golang.org/x/text"
)

var (
	secret = regexp.MustCompile(`://[^/@\s]+@`)
	// absentAtAll is what the client says of a module that a proxy which answers does not have.
	absentAtAll = regexp.MustCompile(`: (?:404|410) |not found:`)
	unanswered  = regexp.MustCompile(`dial tcp|connection re|i/o timeout|no such host|deadline exceeded|: 5\d\d |: 429 |TLS|x509|EOF|proxyconnect|Bad Gateway|Unavailable|Gateway Timeout|Too Many`)
)

// client is the environment of the fetching command: the caller's network settings, and its proxy for modules.
func client() []string {
	env := []string{
		"HOME=/tmp", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC", "GOENV=off", "GOTOOLCHAIN=local", "GOWORK=off",
		"GO111MODULE=on", "GOFLAGS=-modcacherw", "GOTELEMETRY=off", "GOSUMDB=off", "GOVCS=*:off", "CGO_ENABLED=0",
		"GOMODCACHE=" + filepath.Join(fetched, "mod"), "GOCACHE=/tmp/cache", "GOMAXPROCS=2",
	}
	for _, name := range []string{"GOPROXY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return append(env, certificates()...)
}

func certificates() []string {
	path := filepath.Join(given, "gradekit-ca.pem")
	if found, err := os.Stat(path); err == nil && found.Size() > 0 {
		return []string{"SSL_CERT_FILE=" + path}
	}
	return nil
}

func goIn(dir string, env []string, args ...string) (out []byte, said string, err error) {
	command := exec.Command(golang, args...)
	command.Dir, command.Env = dir, env
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	return stdout.Bytes(), secret.ReplaceAllString(strings.TrimSpace(stderr.String()), "://***@"), err
}

// proxies are the addresses in force, the client's own default among them.
func proxies() ([]string, error) {
	out, said, err := goIn("/", client(), "env", "GOPROXY")
	if err != nil {
		return nil, fmt.Errorf("%s", said)
	}
	var found []string
	for _, word := range strings.FieldsFunc(strings.TrimSpace(string(out)), func(r rune) bool { return r == ',' || r == '|' }) {
		if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://") {
			found = append(found, strings.TrimRight(word, "/"))
		}
	}
	return found, nil
}

func registries(args []string) error {
	found, err := proxies()
	if err != nil {
		return err
	}
	for _, address := range found {
		if len(args) == 0 {
			tell("index", address)
			continue
		}
		files, err := filesOf(address)
		if err != nil {
			return exit{cannotFetch, secret.ReplaceAllString(err.Error(), "://***@")}
		}
		for _, place := range files {
			tell("files", place)
		}
	}
	return nil
}

func tell(kind, address string) {
	text, _ := json.Marshal(map[string]string{kind: address})
	fmt.Println(string(text))
}

// filesOf are the places where a proxy has its archives: itself, and where it sends who asks for one.
func filesOf(address string) ([]string, error) {
	for _, setting := range certificates() {
		name, value, _ := strings.Cut(setting, "=")
		_ = os.Setenv(name, value)
	}
	asking := &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := asking.Get(address + "/" + wellKnown + "/@v/v0.3.0.zip")
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	found := []string{address}
	if place, err := answer.Location(); err == nil && place.Host != hostOf(address) {
		found = append(found, place.Scheme+"://"+place.Host)
	}
	return found, nil
}

func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Host
}

// manifest is what go.mod says, as Go itself reads it.
type manifest struct {
	Toolchain string
	Require   []required
	Replace   []struct{ Old, New required }
}

type required struct{ Path, Version string }

// deps fetches the modules that go.mod names. Vendored ones are the submission's own files; none is fetched then.
func deps([]string) error {
	hints()
	if !exists(filepath.Join(given, "go.mod")) {
		return nil
	}
	text, err := read("go.mod", maxManifest)
	if err != nil {
		return err
	}
	sums, err := read("go.sum", maxSums)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("/tmp", "deps-")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(scratch, "go.mod"), text, 0o600); err != nil {
		return err
	}
	offline := append(client(), "GOPROXY=off")
	out, said, err := goIn(scratch, offline, "mod", "edit", "-json")
	if err != nil {
		return exit{refusedFile, "go.mod: it cannot be read: " + ending(said)}
	}
	var wanted manifest
	if err := json.Unmarshal(out, &wanted); err != nil {
		return exit{refusedFile, "go.mod: it cannot be read: " + err.Error()}
	}
	if err := demands(scratch, offline, wanted); err != nil {
		return err
	}
	if exists(filepath.Join(given, "vendor", "modules.txt")) {
		return nil
	}
	// A module in a folder of the submission is its own code: the folder is not here, and nothing is fetched for it.
	edits := []string{}
	local := map[string]bool{}
	for _, item := range wanted.Replace {
		if item.New.Version == "" {
			local[item.Old.Path] = true
			old := item.Old.Path
			if item.Old.Version != "" {
				old += "@" + item.Old.Version
			}
			edits = append(edits, "-dropreplace="+old, "-droprequire="+item.Old.Path)
		}
	}
	foreign := 0
	for _, item := range wanted.Require {
		if !local[item.Path] {
			foreign++
		}
	}
	if foreign == 0 {
		return nil
	}
	if len(edits) > 0 {
		if _, said, err := goIn(scratch, offline, append([]string{"mod", "edit"}, edits...)...); err != nil {
			return exit{refusedFile, "go.mod: it cannot be read: " + ending(said)}
		}
	}
	if err := os.WriteFile(filepath.Join(scratch, "go.sum"), sums, 0o600); err != nil {
		return err
	}
	_, said, err = goIn(scratch, client(), "mod", "download")
	if err == nil {
		return clean()
	}
	if unanswered.MatchString(said) && !absentAtAll.MatchString(said) {
		return exit{cannotFetch, "the module proxy cannot be reached:\n" + ending(said)}
	}
	return exit{refusedFile, "go.mod: its modules cannot be fetched:\n" + ending(strings.ReplaceAll(said, scratch+"/", ""))}
}

func read(name string, most int64) ([]byte, error) {
	path := filepath.Join(given, name)
	found, err := os.Stat(path)
	if err != nil {
		return nil, nil
	}
	if found.Size() > most {
		return nil, exit{refusedFile, fmt.Sprintf("%s: it is larger than %d KiB", name, most>>10)}
	}
	return os.ReadFile(path)
}

// clean takes away what a build does not need: archives are unpacked beside. Their digests stay.
func clean() error {
	return filepath.WalkDir(filepath.Join(fetched, "mod", "cache", "download"), func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".zip") {
			return os.Remove(path)
		}
		return err
	})
}
