package cli_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "make testdata/line-1 anew: only before the first tag")

// testdata/line-N holds what an agent left in format N of the line: its data
// directory, its configuration, and what was known of both. make.txtar tells how
// it came about, and is run here; upgrade.txtar starts today's build on a copy.
func TestWhatOlderBuildsLeftCanBeMade(t *testing.T) {
	testscript.Run(t, told(testscript.Params{Files: []string{filepath.Join("testdata", "line-1", "make.txtar")}}))
}

func cmdLeft(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs("."), os.DirFS(filepath.Join(here(ts), args[0]))))
}

// notKept are files of a data directory that hold nothing, or a place of the
// machine that made them.
var notKept = []string{"lock", "reserve", "last-good.json"}

func cmdKeep(ts *testscript.TestScript, _ bool, args []string) {
	if !*update {
		return
	}
	folder := filepath.Join(here(ts), args[0])
	for _, name := range args[1:] {
		ts.Check(os.RemoveAll(filepath.Join(folder, name)))
		from := ts.MkAbs(name)
		ts.Check(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || slices.Contains(notKept, d.Name()) {
				return err
			}
			rest, err := filepath.Rel(ts.MkAbs("."), path)
			ts.Check(err)
			content, err := os.ReadFile(path)
			ts.Check(err)
			to := filepath.Join(folder, rest)
			ts.Check(os.MkdirAll(filepath.Dir(to), 0o755))
			return os.WriteFile(to, content, 0o600)
		}))
	}
}

// here is our testdata: a story runs in a directory of its own.
func here(ts *testscript.TestScript) string { return ts.Getenv("TESTDATA") }
