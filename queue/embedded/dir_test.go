package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/queue"
)

const openInChild = "POSTERN_TEST_OPEN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(openInChild); dir != "" {
		_, err := Open(dir, Options{})
		var used *queue.InUseError
		if errors.As(err, &used) {
			fmt.Println(used.PID)
			os.Exit(0)
		}
		fmt.Println("opened:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// Service managers and container volumes make the directory, open to all.
func TestEventsAreClosedToOthersInADirectoryThatIsNot(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, dir, Options{}))
	info, err := os.Stat(filepath.Join(dir, "line"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("line: %v, %v", info.Mode(), err)
	}
}

func TestADirectoryHasOneOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	l := mustOpen(t, dir, Options{})
	accept(t, l, entryOf("e1", "crm"))

	var used *queue.InUseError
	if _, err := Open(dir, Options{}); !errors.As(err, &used) || used.PID != os.Getpid() || used.Dir != dir {
		t.Fatalf("a second Open said %v", err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), openInChild+"="+dir)
	out, err := cmd.Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != strconv.Itoa(os.Getpid()) {
		t.Fatalf("another process said %q, %v", got, err)
	}

	if n := len(take(t, l, "crm", 5)); n != 1 {
		t.Fatalf("the owner has %d deliveries", n)
	}
	mustClose(t, l)
	l = mustOpen(t, dir, Options{})
	mustClose(t, l)

	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
}

func TestWhatIsStoredIsForItsOwnerInADirectoryForAll(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, dir, Options{}))
	info, err := os.Stat(filepath.Join(dir, "line"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	l := mustOpen(t, t.TempDir(), Options{})
	accept(t, l, entryOf("e1", "crm"))
	mustClose(t, l)
	goleak.VerifyNone(t, before)
}

func TestALockOfADeadProcessIsNoObstacle(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, dir, Options{}))
}

// contents are the files below dir.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestADirectoryThatIsNotOursIsLeftAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		format string
		want   error
	}{
		"newer":   {"postern-line 2\n", queue.ErrNewerFormat},
		"cut off": {"postern-l", nil},
		"empty":   {"", nil},
		"zero":    {"postern-line 0\n", nil},
		"missing": {"-", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := mustOpen(t, dir, Options{})
			accept(t, l, entryOf("e1", "crm"))
			mustClose(t, l)
			format := filepath.Join(dir, "format")
			err := os.WriteFile(format, []byte(c.format), 0o600)
			if c.format == "-" {
				err = os.Remove(format)
			}
			if err != nil {
				t.Fatal(err)
			}
			before := contents(t, dir)
			_, err = Open(dir, Options{})
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Fatalf("Open said %v", err)
			}
			if d := cmp.Diff(before, contents(t, dir)); d != "" {
				t.Errorf("the directory was touched:\n%s", d)
			}
		})
	}
}
