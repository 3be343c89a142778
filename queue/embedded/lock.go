package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"

	"github.com/posternhq/postern/queue"
)

// A dirLock makes this process the one owner of a directory. The kernel drops
// it with the process, so a crash leaves no stale one.
type dirLock struct{ file *os.File }

// Lock makes this process the one owner of a data directory without opening its
// line, and makes the directory if there is none. Its error is a
// *queue.InUseError at once if another process is the owner.
func Lock(dir string) (io.Closer, error) {
	if err := makeDir(vfs.Default, dir); err != nil {
		return nil, fmt.Errorf("make data directory %s: %w", dir, err)
	}
	own, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	if err := own.claim(); err != nil {
		return nil, errors.Join(err, own.Close())
	}
	return own, nil
}

// Hold is Lock for whoever only looks: it makes no directory and writes nothing.
func Hold(dir string) (io.Closer, error) {
	own, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	return own, nil
}

// lockDir does not wait. The file is not written to before claim.
func lockDir(dir string) (*dirLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = &queue.InUseError{Dir: dir, PID: ownerOf(f)}
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return &dirLock{f}, nil
}

// ownerOf reads the process id that claim wrote; 0 if there is none yet.
func ownerOf(f *os.File) int {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// claim writes down who owns the directory, for those who find it locked.
func (l *dirLock) claim() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// Close leaves the file where it is: a lock on a file that was removed and made
// anew would lock nobody out.
func (l *dirLock) Close() error { return l.file.Close() }
