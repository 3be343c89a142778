package pages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pages-helper": func() { os.Exit(Help(os.Args[1:])) }})
}

func newReader(t *testing.T) *Reader {
	t.Helper()
	helper, err := exec.LookPath("pages-helper")
	if err != nil {
		t.Fatal(err)
	}
	return &Reader{
		Dir: t.TempDir(), Checkout: t.TempDir(), Helper: helper, Screen: t.Output(),
		Env:    []string{"PATH=" + os.Getenv("PATH")},
		Shared: !CanHaveOwnNetwork(),
	}
}

// A fenced block, for pages that are written here.
func fenced(info string, lines ...string) string {
	return "\n```" + info + "\n" + strings.Join(lines, "\n") + "\n```\n"
}

func TestAPageThatIsTrue(t *testing.T) {
	r := newReader(t)
	err := r.Page(fenced("sh", "mkdir shop", "cd shop", "export NAME=Ada") +
		fenced("text a/greeting.txt", "Hello") +
		fenced("console", "$ cat a/greeting.txt", "Hello", "$ echo $NAME, \\", "  hello", "Ada, hello") +
		fenced("console fails", "$ ls", "a", "$ false") +
		fenced("console stays", "$ echo ready; trap 'echo over; exit' INT; while :; do read -r line; done", "ready") +
		fenced("console of ready;", "^C…over") +
		fenced("console checkout", "$ pwd", r.Checkout) +
		fenced("console", "$ pwd", filepath.Join(r.Dir, "shop")) +
		fenced("sh by-hand", "false") + fenced("sh usage", "false") + fenced("json", "{}"))
	if err != nil {
		t.Error(err)
	}
}

func TestPagesThatLie(t *testing.T) {
	for _, c := range []struct{ page, want string }{
		{fenced("sh", "true", "false"), "line 3: true\nfalse: exit status 1"},
		{fenced("console fails", "$ true"), "exit status 0"},
		{fenced("console", "$ echo a", "b", "$ echo c", "d"), "line 5: echo c: it printed\nc\n"},
		{fenced("console", "a"), `no line "$ COMMAND"`},
		{fenced("console of run", "a"), "run does not run"},
	} {
		err := newReader(t).Page(c.page)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.page, err)
		}
	}
}

// Without this, a page could send to whom its examples name.
func TestAPageHasNoWayOut(t *testing.T) {
	if !CanHaveOwnNetwork() {
		t.Skip("no network namespace can be had")
	}
	if err := newReader(t).Page(fenced("console", "$ tail -n +3 /proc/net/dev | cut -d: -f1", "lo")); err != nil {
		t.Error(err)
	}
}
