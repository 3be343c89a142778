package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	untidy = "webhook crm {\r\n  url=\"https://h\" # here\r\n}\r\n"
	tidied = "webhook \"crm\" {\n  url = \"https://h\" # here\n}\n"
	broken = "webhook \"crm\" {\n  url = \"https://h\n}\n"
)

// writeFiles makes a directory of files by name and content.
func writeFiles(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFmtWritesWhatChanges(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.hcl": untidy, "b.hcl": tidied, ".c.hcl": untidy, "d.txt": untidy, "e.hcl": untidy})
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	if err := os.Symlink("a.hcl", filepath.Join(dir, "link.hcl")); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	// a.hcl is named three times: as itself, in the directory, and by the link.
	got := invoke(t, "", "fmt", a, dir)
	if want := a + "\n" + filepath.Join(dir, "e.hcl") + "\n" + filepath.Join(dir, "link.hcl") + "\n"; got.status != 0 || got.out != want || got.err != "" {
		t.Errorf("%+v", got)
	}
	for name, want := range map[string]string{"a.hcl": tidied, "b.hcl": tidied, ".c.hcl": untidy, "d.txt": untidy, "e.hcl": tidied} {
		if got := content(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s has %q", name, got)
		}
	}
	after, err := os.Stat(b)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("b.hcl was written: %v", err)
	}
	info, err := os.Stat(a)
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info, err)
	}
	if link, err := os.Readlink(filepath.Join(dir, "link.hcl")); link != "a.hcl" {
		t.Errorf("the link points to %q, %v", link, err)
	}
	if got := invoke(t, "", "fmt", dir); got != (ran{}) {
		t.Errorf("the second time: %+v", got)
	}
}

func TestFmtWritesNothingWhenOneFileIsBad(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.hcl": untidy, "b.hcl": broken})
	for _, flags := range [][]string{nil, {"--check"}, {"--diff"}} {
		got := invoke(t, "", append([]string{"fmt", dir}, flags...)...)
		if got.status != 1 || got.out != "" || !strings.Contains(got.err, "b.hcl:2:") || !strings.Contains(got.err, "nothing was written") {
			t.Errorf("%q: %+v", flags, got)
		}
	}
	if got := content(t, filepath.Join(dir, "a.hcl")); got != untidy {
		t.Errorf("a.hcl has %q", got)
	}
	validate := invoke(t, "", "validate", "--no-env", dir).out
	for line := range strings.Lines(strings.TrimSuffix(invoke(t, "", "fmt", dir).err, "nothing was written\n")) {
		if !strings.Contains(validate, line) {
			t.Errorf("validate doesn't say %q", line)
		}
	}
}

func TestFmtCheckAndDiffWriteNothing(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.hcl": "a {\n  b=1\n}\n", "b.hcl": tidied})
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	diff := "diff " + a + ".orig " + a + "\n--- " + a + ".orig\n+++ " + a + "\n@@ -1,3 +1,3 @@\n a {\n-  b=1\n+  b = 1\n }\n"
	for _, c := range []struct {
		name string
		args []string
		want ran
	}{
		{"check", []string{"--check", dir}, ran{status: 3, out: a + "\n"}},
		{"check of what is well", []string{"--check", b}, ran{}},
		{"diff", []string{"--diff", dir}, ran{out: diff}},
		{"both", []string{"--check", "--diff", dir}, ran{status: 3, out: diff}},
		{"diff of what is well", []string{"--diff", b}, ran{}},
	} {
		if got := invoke(t, "", append([]string{"fmt"}, c.args...)...); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if got := content(t, a); got != "a {\n  b=1\n}\n" {
		t.Errorf("a.hcl has %q", got)
	}
}

func TestFmtOfStandardInput(t *testing.T) {
	for _, c := range []struct {
		name, in string
		args     []string
		want     ran
	}{
		{"untidy", untidy, nil, ran{out: tidied}},
		{"well", tidied, nil, ran{out: tidied}},
		{"nothing", "", nil, ran{}},
		{"check", untidy, []string{"--check"}, ran{status: 3, out: "stdin\n"}},
		{"check of what is well", tidied, []string{"--check"}, ran{}},
		{"with a file", untidy, []string{"postern.hcl"}, ran{status: 2, err: "postern: fmt: - is standard input, and stands alone\n"}},
	} {
		if got := invoke(t, c.in, append([]string{"fmt", "-"}, c.args...)...); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for in, want := range map[string]string{
		broken:                          "stdin:2:",
		strings.Repeat("# x\n", 300000): "at most 1.0 MiB are read",
		strings.Repeat("a {\n", 60000):  "nested deeper than 64 levels",
	} {
		if got := invoke(t, in, "fmt", "-"); got.status != 1 || got.out != "" || !strings.Contains(got.err, want) {
			t.Errorf("status %d, %.200s, want %q", got.status, got.out+got.err, want)
		}
	}
}

func TestFmtAsJSON(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.hcl": untidy})
	a := filepath.Join(dir, "a.hcl")
	type answer struct {
		Format      int       `json:"format_version"`
		Unformatted *[]string `json:"unformatted"`
		Diff, Text  string
		Diagnostics []struct{ Summary string }
	}
	for _, c := range []struct {
		name, in    string
		args        []string
		status      int
		unformatted string
		problems    int
		text, diff  bool
	}{
		{"check", "", []string{"--check", dir}, 3, a, 0, false, false},
		{"diff", "", []string{"--diff", dir}, 0, a, 0, false, true},
		{"write", "", []string{dir}, 0, a, 0, false, false},
		{"nothing to write", "", []string{dir}, 0, "", 0, false, false},
		{"standard input", untidy, []string{"-"}, 0, "stdin", 0, true, false},
		{"bad", broken, []string{"-"}, 1, "", 3, false, false},
	} {
		got := invoke(t, c.in, append([]string{"fmt", "--output", "json"}, c.args...)...)
		var v answer
		if err := json.Unmarshal([]byte(got.out), &v); err != nil {
			t.Fatalf("%s: %v in %+v", c.name, err, got)
		}
		if got.status != c.status || got.err != "" || v.Format != 1 || v.Unformatted == nil || strings.Join(*v.Unformatted, " ") != c.unformatted ||
			v.Diagnostics == nil || (len(v.Diagnostics) > 0) != (c.problems > 0) || (v.Text == tidied) != c.text || (v.Diff != "") != c.diff {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestFmtLeavesWhatOthersWroteMeanwhile(t *testing.T) {
	path := filepath.Join(writeFiles(t, map[string]string{"a.hcl": "theirs"}), "a.hcl")
	err := formatted{path, []byte(untidy), []byte(tidied)}.write()
	if err == nil || content(t, path) != "theirs" {
		t.Errorf("%v, %q", err, content(t, path))
	}
}

func TestFmtTakesThePathThatRunTakes(t *testing.T) {
	t.Chdir(writeFiles(t, map[string]string{"postern.hcl": untidy}))
	t.Setenv("POSTERN_CONFIG", "")
	if got := invoke(t, "", "fmt"); got.out != "postern.hcl\n" || content(t, "postern.hcl") != tidied {
		t.Errorf("%+v", got)
	}
	missing := invoke(t, "", "fmt", "--config", "missing")
	if missing.status != 1 || !strings.Contains(missing.err, "There is no configuration here.") {
		t.Errorf("%+v", missing)
	}
}

func TestADiffIsPaintedLineByLine(t *testing.T) {
	got := painted("diff a b\n--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z\n")
	want := "\x1b[1mdiff a b\x1b[0m\n\x1b[1m--- a\x1b[0m\n\x1b[1m+++ b\x1b[0m\n\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-x\x1b[0m\n\x1b[32m+y\x1b[0m\n z\n"
	if got != want {
		t.Errorf("got %q", got)
	}
}
