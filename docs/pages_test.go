package docs

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/posternhq/postern/cli"
	"github.com/posternhq/postern/internal/pages"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postern":      func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"pages-helper": func() { os.Exit(pages.Help(os.Args[1:])) },
	})
}

// all are our pages, by their paths from the root.
func all(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "examples/*.md", "examples/*/*.md", "examples/*/*/*.md"} {
		names, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			found = append(found, strings.TrimPrefix(name, "../"))
		}
	}
	if len(found) < 20 {
		t.Fatalf("%d pages", len(found))
	}
	return found
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each command of each page runs, and prints what the page shows.
func TestPagesDoWhatTheySay(t *testing.T) {
	shared := !pages.CanHaveOwnNetwork()
	if shared {
		needDoors(t)
	}
	for _, page := range all(t) {
		text := read(t, page)
		if !slices.ContainsFunc(pages.Blocks(text), pages.Block.Commands) {
			continue
		}
		t.Run(page, func(t *testing.T) {
			installs := strings.Contains(text, "go install .")
			if installs && testing.Short() {
				t.Skip("it builds the program")
			}
			r := newReader(t, installs)
			r.Shared = shared
			if err := r.Page(text); err != nil {
				t.Error(err)
			}
		})
	}
}

// needDoors leaves the test out where neither a network of our own can be had nor
// the addresses that a reader would find free.
func needDoors(t *testing.T) {
	t.Helper()
	for _, address := range []string{"127.0.0.1:7480", "127.0.0.1:7481", "127.0.0.1:9000"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skipf("no network namespace can be had, and %v", err)
		}
		l.Close()
	}
}

// newReader has an empty folder, and the variables of a new user. One who installs
// Postern does not have it yet.
func newReader(t *testing.T, installs bool) *pages.Reader {
	t.Helper()
	helper, err := exec.LookPath("pages-helper")
	if err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	if installs {
		path = strings.TrimPrefix(path, filepath.Dir(helper)+string(filepath.ListSeparator))
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	// Into a file curl shows a meter, which it does not on a terminal.
	curl := t.TempDir()
	if err := os.WriteFile(filepath.Join(curl, ".curlrc"), []byte("no-progress-meter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"CURL_HOME=" + curl, "HOME=" + home, "PATH=" + path, "NO_COLOR=1", "TERM=dumb", "LANG=C.UTF-8"}
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return &pages.Reader{Dir: home, Checkout: root, Env: env, Helper: helper, Screen: t.Output()}
}
