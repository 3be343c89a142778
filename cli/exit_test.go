package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fullPipe is the writing end of a pipe that has no room and no reader.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	for filler := bytes.Repeat([]byte("x"), 4096); ; {
		if _, err := unix.Write(fds[1], filler); err == unix.EAGAIN {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.SetNonblock(fds[1], false); err != nil { // as standard error is
		t.Fatal(err)
	}
	r, w := os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	t.Cleanup(func() { r.Close(); w.Close() }) // lets go of a writer that is stuck
	return w
}

func TestAnEndThatNobodyHearsIsAnEnd(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"a bad configuration":         {`webhook {`, exitConfig},
		"a data directory that isn't": {`agent { data_dir = "/dev/null" }`, exitData},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "postern.hcl")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			status, pipe := make(chan int, 1), fullPipe(t)
			go func() { status <- run(t.Context(), []string{"run", "--config", path}, nil, io.Discard, pipe) }()
			select {
			case got := <-status:
				if got != c.want {
					t.Errorf("exit status %d, want %d", got, c.want)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("it does not end")
			}
		})
	}
}
