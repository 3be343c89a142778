package inbound

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWorkshopCanBeEntered by its maker and by nobody else, whatever the umask.
func TestWorkshopCanBeEntered(t *testing.T) {
	for _, umask := range []int{0, 0o177, 0o777} {
		path := socketPath(t)
		old := syscall.Umask(umask)
		err := inWorkshop(workshopOf(path), func() error {
			at, err := os.Lstat(workshopOf(path))
			if err == nil && at.Mode() != os.ModeDir|0o700 {
				t.Errorf("umask %04o: %v", umask, at.Mode())
			}
			return err
		})
		syscall.Umask(old)
		if err != nil {
			t.Errorf("umask %04o: %v", umask, err)
		}
	}
}

func TestWhatACrashLeftInTheWorkshopIsClearedAway(t *testing.T) {
	path := socketPath(t)
	if err := os.Mkdir(workshopOf(path), 0o700); err != nil {
		t.Fatal(err)
	}
	leaveDead(t, filepath.Join(workshopOf(path), "s"))
	reaches(t, path, mustListen(t, path, 0))
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left beside it: %v", got)
	}
}

// TestLockedDirectoryStopsNobody: who may read the socket's directory could lock
// it, and so keep postern from starting.
func TestLockedDirectoryStopsNobody(t *testing.T) {
	path := socketPath(t)
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	reaches(t, path, mustListen(t, path, 0))
}

func TestForeignWorkshopIsLeftAlone(t *testing.T) {
	for name, put := range map[string]func(dir string) error{
		"file":          func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"symbolic link": func(dir string) error { return os.Symlink(t.TempDir(), dir) },
		"open to all":   func(dir string) error { return os.Mkdir(dir, 0o755) },
	} {
		path := socketPath(t)
		if err := put(workshopOf(path)); err != nil {
			t.Fatal(err)
		}
		l, err := ListenUnix(path, 0)
		if err == nil {
			l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("%s: %v", name, err)
		}
		if got := names(t, filepath.Dir(path)); len(got) != 1 {
			t.Errorf("%s: touched: %v", name, got)
		}
	}
}
