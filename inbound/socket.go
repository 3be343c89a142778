package inbound

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// maxSocketPath is what the address of a Unix socket holds, on Linux.
	maxSocketPath = 107

	defaultSocketMode fs.FileMode = 0o660

	// answerTime is how long a socket that stands in the way may take to answer.
	answerTime = time.Second
)

// ListenUnix listens on a Unix socket at path, an absolute one or one relative
// to the working directory, of at most 107 bytes. Mode 0 is 0660; permission
// bits only.
//
// The socket is made in a private directory beside it and appears at its path
// with its mode, already listening: nobody whom the mode keeps out can connect
// at any moment, whatever the umask.
//
// A socket of ours at path at which nobody listens is what a crash left behind,
// and is replaced. Anything else there is left alone, and an error says so: a
// file, a directory, a symbolic link, another user's socket, and one that
// somebody listens at. Of several starts at once one gets the path.
//
// Close removes the socket, if it is still the one at path.
func ListenUnix(path string, mode fs.FileMode) (net.Listener, error) {
	l, err := listenUnix(path, cmp.Or(mode, defaultSocketMode))
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return l, nil
}

func listenUnix(path string, mode fs.FileMode) (l net.Listener, err error) {
	if strings.HasPrefix(path, "@") {
		return nil, errors.New("a socket without a file (@name) has no mode, so anybody could connect: give a path")
	}
	workshop := workshopOf(path)
	made := filepath.Join(workshop, "s")
	if max(len(path), len(made)) > maxSocketPath {
		return nil, fmt.Errorf("the path of a socket is at most %d bytes long, this one %d (and %d while it is made)", maxSocketPath, len(path), len(made))
	}
	err = inWorkshop(workshop, func() error {
		l, err = makeSocket(made, path, mode)
		return err
	})
	return l, err
}

func makeSocket(made, path string, mode fs.FileMode) (net.Listener, error) {
	if err := os.Remove(made); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a start that crashed
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	s := &socket{UnixListener: l, path: path}
	if err := s.appear(made, mode); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return s, nil
}

// A socket is a listener at a path that it was moved to.
type socket struct {
	*net.UnixListener
	path   string
	file   fs.FileInfo // of the socket, to know it again
	closed sync.Once
}

// appear gives the socket its mode and moves it to its path.
func (s *socket) appear(made string, mode fs.FileMode) (err error) {
	if err := os.Chmod(made, mode.Perm()); err != nil {
		return err
	}
	if s.file, err = os.Lstat(made); err != nil {
		return err
	}
	if err := os.Link(made, s.path); !errors.Is(err, fs.ErrExist) { // never replaces anything
		return err
	}
	if err := stale(s.path); err != nil {
		return err
	}
	return os.Rename(made, s.path) // and this leaves no gap
}

// Addr is the path, not where the socket was made.
func (s *socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }

// Close removes the file first: who finds it can still connect, and so no other
// postern takes it for dead and puts its own there meanwhile. An error of the
// removal is of no use to anybody: what stays is stale, and is replaced.
func (s *socket) Close() error {
	s.closed.Do(func() {
		if at, err := os.Lstat(s.path); err == nil && os.SameFile(at, s.file) {
			_ = os.Remove(s.path)
		}
	})
	return s.UnixListener.Close()
}

// stale is nil if a dead socket of ours stands at path.
func stale(path string) error {
	at, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if at.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("there is %s at this path: move it away, or choose another path", kindOfFile(at.Mode()))
	}
	if !ours(at) {
		return errors.New("the socket at this path belongs to another user: choose another path, in a directory that only postern can write to")
	}
	c, err := net.DialTimeout("unix", path, answerTime)
	switch {
	case err == nil:
		_ = c.Close()
		return errors.New("another process listens at this path: is a postern running already?")
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("the socket at this path may be in use: %w", err)
	}
	return nil
}

// kindOfFile names what is not a socket.
func kindOfFile(mode fs.FileMode) string {
	switch mode.Type() {
	case 0:
		return "a file"
	case fs.ModeDir:
		return "a directory"
	case fs.ModeSymlink:
		return "a symbolic link"
	case fs.ModeNamedPipe:
		return "a named pipe"
	}
	return "a device"
}
