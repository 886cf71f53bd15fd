package main

import (
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

const anotherGo = 4

var (
	// demanded is what Go says where go.mod needs a later one.
	demanded = regexp.MustCompile(`go\.mod requires go >= (\S{1,40}) \(running go (\S{1,40});`)
	hinted   = regexp.MustCompile(`^[0-9]+(\.[0-9]+){1,2}$`)
)

// demands sees whether this Go is the one that go.mod in a folder wants, and says what merely hints at another one.
func demands(folder string, offline []string, wanted manifest) error {
	if _, said, err := goIn(folder, offline, "list", "-m"); err != nil {
		if found := demanded.FindStringSubmatch(said); found != nil {
			return exit{anotherGo, another("go.mod", ">="+found[1], "go would refuse to build it")}
		}
	}
	if wanted.Toolchain != "" && version.Compare(wanted.Toolchain, runtime.Version()) > 0 {
		note(another("go.mod: toolchain", strings.TrimPrefix(wanted.Toolchain, "go"), "that is what it prefers; it was built all the same"))
	}
	return nil
}

// hints says what .go-version wants, where that is another series of Go.
func hints() {
	text, err := os.ReadFile(filepath.Join(given, ".go-version"))
	wanted := strings.TrimSpace(string(text))
	if err == nil && hinted.MatchString(wanted) && version.Lang("go"+wanted) != version.Lang(runtime.Version()) {
		note(another(".go-version", wanted, "it was built all the same"))
	}
}

func another(place, wanted, what string) string {
	return fmt.Sprintf("%s: wants Go %s; this runner has %s; %s", place, wanted, strings.TrimPrefix(runtime.Version(), "go"), what)
}

func note(text string) {
	line, _ := json.Marshal(map[string]string{"note": text})
	fmt.Println(string(line))
}
