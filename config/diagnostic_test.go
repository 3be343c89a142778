package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

func TestDiagnosticsAreSortedAndUnique(t *testing.T) {
	var p problems
	at := func(file string, line, column int) hcl.Range {
		pos := hcl.Pos{Line: line, Column: column}
		return hcl.Range{Filename: file, Start: pos, End: pos}
	}
	p.fail(at("b.hcl", 1, 1), "", "third")
	p.warn(at("a.hcl", 10, 1), "", "second")
	p.fail(at("a.hcl", 9, 5), "", "first")
	p.fail(at("a.hcl", 9, 5), "", "first")
	p.fail(hcl.Range{}, "", "the whole")
	var got []string
	for _, d := range p.diagnostics(nil, nil) {
		got = append(got, d.String())
	}
	want := []string{"error: the whole", "a.hcl:9:5: error: first", "a.hcl:10:1: warning: second", "b.hcl:1:1: error: third"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrorIsTheFirstErrorOnOneLine(t *testing.T) {
	warning := Diagnostic{Severity: Warning, Summary: "W."}
	first := Diagnostic{Summary: "E.", File: "a.hcl", Line: 1, Column: 2}
	for want, ds := range map[string]Diagnostics{
		"a.hcl:1:2: error: E.":              {warning, first},
		"a.hcl:1:2: error: E. (and 1 more)": {first, warning, {Summary: "F."}},
		"no errors":                         {warning},
	} {
		if got := ds.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDiagnosticsAsJSON(t *testing.T) {
	_, ds := load(fileOf("webhok \"x\" {}\n"), testInputs())
	got, err := json.Marshal(ds)
	want := `[{"severity":"error","summary":"There is no block \"webhok\".","detail":"Did you mean \"webhook\"?","file":"postern.hcl",` +
		`"line":1,"column":1,"end_line":1,"end_column":7,"snippet":"webhok \"x\" {}"}]`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	if got, _ := json.Marshal(Diagnostics(nil)); string(got) != "[]" {
		t.Errorf("none: %s", got)
	}
}

func TestCaretsStandUnderTheirText(t *testing.T) {
	tests := map[string]struct {
		d    Diagnostic
		want string
	}{
		"tabs":           {Diagnostic{Line: 1, Column: 3, EndLine: 1, EndColumn: 5, Snippet: "\t\tab"}, "\t\t^^"},
		"beyond ASCII":   {Diagnostic{Line: 1, Column: 3, EndLine: 1, EndColumn: 4, Snippet: "e\u0301éx"}, "  ^"},
		"several lines":  {Diagnostic{Line: 1, Column: 5, EndLine: 3, EndColumn: 1, Snippet: "a = {  "}, "    ^"},
		"an empty place": {Diagnostic{Line: 1, Column: 2, EndLine: 1, EndColumn: 2, Snippet: "a"}, " ^"},
	}
	for name, tt := range tests {
		tt.d.File = "a.hcl"
		lines := strings.Split(printed(Diagnostics{tt.d}), "\n")
		if got := strings.TrimPrefix(lines[2], "    | "); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestColorIsPaintedOnRequestOnly(t *testing.T) {
	_, ds := load(fileOf("webhok \"x\" {}\n"), testInputs())
	var b strings.Builder
	if err := ds.Write(&b, true); err != nil || !strings.Contains(b.String(), "\x1b[31merror:\x1b[0m") {
		t.Errorf("got %q, %v", b.String(), err)
	}
	if strings.Contains(printed(ds), "\x1b") {
		t.Errorf("got %q", printed(ds))
	}
}

func TestDiagnosticsHoldNoControlCharacters(t *testing.T) {
	_, ds := load(Files{Files: []File{{Name: "a\x1b[2J.hcl", Content: []byte("x = \"\u202e \x07\"\ny\u009b = 1\n")}}}, testInputs())
	got := printed(ds)
	if got == "" || strings.ContainsAny(got, "\x1b\x07\u202e\u009b") {
		t.Errorf("got %q", got)
	}
}
