package inbound

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// socketPath is a path in a directory of a short name.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "door")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "postern.sock")
}

func mustListen(t *testing.T, path string, mode fs.FileMode) net.Listener {
	t.Helper()
	l, err := ListenUnix(path, mode)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// leaveDead makes a socket at which nobody listens.
func leaveDead(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// reaches tells whether a connection to path arrives at l.
func reaches(t *testing.T, path string, l net.Listener) {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got.Close()
}

func TestSocketTakesConnections(t *testing.T) {
	path := socketPath(t)
	l := mustListen(t, path, 0)
	reaches(t, path, l)
	if got := l.Addr().String(); got != path {
		t.Errorf("address %s, want %s", got, path)
	}
	if at, err := os.Lstat(path); err != nil || at.Mode() != fs.ModeSocket|0o660 {
		t.Errorf("%v %v, want a socket of mode 0660", at.Mode(), err)
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left beside it: %v", got)
	}
	l.Close()
	if got := names(t, filepath.Dir(path)); len(got) != 0 {
		t.Errorf("left after closing: %v", got)
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
}

// TestSocketHasItsModeFromTheFirstInstant watches the directory while sockets
// come and go.
func TestSocketHasItsModeFromTheFirstInstant(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		for _, mode := range []fs.FileMode{0o660, 0o600, 0o666} {
			path := socketPath(t)
			old := syscall.Umask(umask)
			comeAndGo(t, path, mode, func() int { return lookAtModes(t, path, mode) })
			syscall.Umask(old)
		}
	}
}

// comeAndGo opens and closes sockets while another goroutine watches, until it
// has met enough of them.
func comeAndGo(t *testing.T, path string, mode fs.FileMode, watch func() int) {
	t.Helper()
	var met atomic.Int64
	var watcher sync.WaitGroup
	stop := make(chan struct{})
	watcher.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				met.Add(int64(watch()))
			}
		}
	})
	for n := 0; n < 100 || met.Load() < 10; n++ {
		l, err := ListenUnix(path, mode)
		if err != nil {
			t.Error(err)
			break
		}
		l.Close()
	}
	close(stop)
	watcher.Wait()
}

// lookAtModes reports a socket of another mode, and a private directory that
// others can enter, and tells how many sockets it has met.
func lookAtModes(t *testing.T, path string, mode fs.FileMode) (met int) {
	if at, err := os.Lstat(path); err == nil {
		met++
		if at.Mode().Perm() != mode {
			t.Errorf("mode %v at the path, want %v", at.Mode(), mode)
		}
	}
	private, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".????"))
	for _, p := range private {
		if at, err := os.Lstat(p); err == nil && at.Mode().Perm()&0o077 != 0 {
			t.Errorf("mode %v of the private directory", at.Mode())
		}
	}
	return met
}

func TestDeadSocketIsReplaced(t *testing.T) {
	path := socketPath(t)
	leaveDead(t, path)
	reaches(t, path, mustListen(t, path, 0))
}

func TestWhatIsInTheWayIsLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		put  func(t *testing.T, path string) error
		want string
	}{
		"file":      {func(_ *testing.T, p string) error { return os.WriteFile(p, []byte("x"), 0o600) }, "there is a file"},
		"directory": {func(_ *testing.T, p string) error { return os.Mkdir(p, 0o700) }, "there is a directory"},
		"symbolic link": {func(t *testing.T, p string) error {
			leaveDead(t, p+".dead")
			return os.Symlink(p+".dead", p)
		}, "there is a symbolic link"},
		"dangling link": {func(_ *testing.T, p string) error { return os.Symlink("/nowhere", p) }, "there is a symbolic link"},
		"named pipe":    {func(_ *testing.T, p string) error { return syscall.Mkfifo(p, 0o600) }, "there is a named pipe"},
		"live socket": {func(t *testing.T, p string) error {
			mustListen(t, p, 0)
			return nil
		}, "another process listens"},
		"socket for datagrams": {func(t *testing.T, p string) error {
			l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: p, Net: "unixgram"})
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		}, "may be in use"},
		"dead socket of another user": {func(t *testing.T, p string) error {
			if os.Geteuid() != 0 {
				t.Skip("needs another user")
			}
			leaveDead(t, p)
			return os.Chown(p, 65534, 65534)
		}, "another user"},
	} {
		t.Run(name, func(t *testing.T) {
			path := socketPath(t)
			if err := test.put(t, path); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			beside := names(t, filepath.Dir(path))
			l, err := ListenUnix(path, 0)
			if err == nil {
				l.Close()
				t.Fatal("listens")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %q", err, test.want)
			}
			after, err := os.Lstat(path)
			if err != nil || !os.SameFile(before, after) || before.Mode() != after.Mode() {
				t.Errorf("touched: %v before, %v after, %v", before, after, err)
			}
			if got := names(t, filepath.Dir(path)); len(got) != len(beside) {
				t.Errorf("left beside it: %v", got)
			}
		})
	}
}

func TestCloseLeavesAnothersSocketAlone(t *testing.T) {
	path := socketPath(t)
	first := mustListen(t, path, 0)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second := mustListen(t, path, 0)
	first.Close()
	reaches(t, path, second)
}

// TestOneOfManyStartsGetsThePath, with a dead socket there that all find.
func TestOneOfManyStartsGetsThePath(t *testing.T) {
	for range 20 {
		path := socketPath(t)
		leaveDead(t, path)
		won := make(chan net.Listener, 16)
		var all sync.WaitGroup
		for range cap(won) {
			all.Go(func() {
				if l, err := ListenUnix(path, 0); err == nil {
					won <- l
				} else if !strings.Contains(err.Error(), "another process listens") {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Fatalf("%d listen", len(won))
		}
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		(<-won).Close()
	}
}

func TestSocketPathsThatCannotBe(t *testing.T) {
	dir := filepath.Dir(socketPath(t))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, strings.Repeat("x", maxSocketPath-len(dir)))
	for path, want := range map[string]string{
		long:                          "at most 107 bytes",
		"@postern":                    "has no mode",
		filepath.Join(dir, "no", "s"): "does not exist",
		filepath.Join(file, "s"):      "can write to",
	} {
		if l, err := ListenUnix(path, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v %v, want %q", path, l, err, want)
		}
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	mustListen(t, long[:maxSocketPath], 0)
	t.Chdir(dir)
	reaches(t, "here", mustListen(t, "here", 0))
}

func TestListenHTTPSaysWhatIsWrong(t *testing.T) {
	taken := listenLocal(t)
	defer taken.Close()
	for address, want := range map[string]string{
		taken.Addr().String(): "another program has this port",
		"192.0.2.1:7480":      "does not have that address",
		"127.0.0.1":           "missing port",
		"127.0.0.1:99999":     "invalid port",
	} {
		if l, err := ListenHTTP(address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v %v, want %q", address, l, err, want)
		}
	}
}
