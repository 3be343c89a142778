package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/posternhq/postern"

// imports says which of our packages each may use. A name ending in /* stands
// for the folder and all below it. internal packages may be used by every room
// but event and expr.
var imports = map[string][]string{
	"":         {"cli"},
	"cli":      {"agent", "config", "dryrun", "outbound", "console", "event", "expr", "queue"},
	"agent":    {"config", "config/watch", "dryrun", "inbound", "outbound", "queue", "queue/*", "console", "event", "expr"},
	"dryrun":   {"config", "outbound", "expr", "event"},
	"config":   {"outbound", "expr", "event"},
	"outbound": {"queue", "expr", "event"},
	"inbound":  {"event"},
	"console":  {"queue", "event"},
	"queue":    {"event"},
	"queue/*":  {"queue", "event"},
	"event":    nil,
	"expr":     nil,

	"config/watch": {"config"},
	"internal/*":   {"internal/*"},
	"examples/*":   nil, // other people's programs
	"docs":         nil,
	"examples":     {"agent", "config", "dryrun", "outbound", "expr", "event", "queue"},
}

// owners are the only packages that may see a library.
var owners = map[string][]string{
	"github.com/hashicorp/hcl/v2":      {"config"},
	"github.com/zclconf/go-cty":        {"config"},
	"github.com/expr-lang/expr":        {"expr"},
	"github.com/cockroachdb/pebble/v2": {"queue/embedded"},
}

type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range packages(t) {
		from := room(p.ImportPath)
		allowed, known := rules(from)
		if !known {
			t.Errorf("package %q has no row in the table of imports", from)
			continue
		}
		for _, i := range p.Imports {
			if !strings.HasPrefix(i, module) {
				continue
			}
			to := room(i)
			free := strings.HasPrefix(to, "internal/") && from != "event" && from != "expr"
			if !free && !matches(allowed, to) {
				t.Errorf("%s imports %s", name(from), to)
			}
		}
	}
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			for library, rooms := range owners {
				if (i == library || strings.HasPrefix(i, library+"/")) && !slices.Contains(rooms, room(p.ImportPath)) {
					t.Errorf("%s imports %s", name(room(p.ImportPath)), i)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItPromises(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", name(room(p.ImportPath)))
		}
	}
}

func room(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

func name(room string) string {
	if room == "" {
		return "main"
	}
	return room
}

// rules finds the row of a package: its own, else that of its folder.
func rules(pkg string) ([]string, bool) {
	if allowed, ok := imports[pkg]; ok {
		return allowed, true
	}
	folder, _, below := strings.Cut(pkg, "/")
	if !below {
		return nil, false
	}
	allowed, ok := imports[folder+"/*"]
	return allowed, ok
}

func matches(allowed []string, to string) bool {
	for _, a := range allowed {
		folder, any := strings.CutSuffix(a, "/*")
		if a == to || any && strings.HasPrefix(to, folder+"/") {
			return true
		}
	}
	return false
}
