package inbound

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// workshopPatience is how long another start may be in the workshop.
const workshopPatience = 5 * time.Second

// workshopOf is the directory in which the socket of a path is made: beside it,
// of a short name, since a socket's path is, and the same at each start, so that
// starts meet there and what a crash left in it is found again.
func workshopOf(path string) string {
	name := fnv.New32a()
	fmt.Fprintf(name, "%d %s", os.Geteuid(), filepath.Base(path))
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%04x", name.Sum32()&0xffff))
}

// inWorkshop runs f while no other postern of this user changes the socket:
// between finding a dead one and replacing it, another could have done so. The
// lock is the directory's own, and nobody else can open that.
func inWorkshop(dir string, f func() error) error {
	for deadline := time.Now().Add(workshopPatience); ; time.Sleep(5 * time.Millisecond) {
		lock, err := enter(dir)
		if err == nil {
			defer func() { _ = errors.Join(os.RemoveAll(dir), lock.Close()) }()
			return f()
		}
		if !errors.Is(err, errOccupied) || time.Now().After(deadline) {
			return err
		}
	}
}

var errOccupied = errors.New("another postern is starting at this path")

// enter makes the directory if it is missing, and locks it.
func enter(dir string) (lock *os.File, err error) {
	if err := makeWorkshop(dir); err != nil {
		return nil, err
	}
	lock, err = os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist): // as above
		return nil, errOccupied
	case err != nil:
		return nil, fmt.Errorf("the socket is made in %s, which is not a directory of ours: move it away: %w", dir, err)
	}
	if err := claim(lock, dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

func makeWorkshop(dir string) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the directory %s does not exist: make it first, owned by the user that runs postern", filepath.Dir(dir))
	case err != nil:
		return fmt.Errorf("a socket needs a directory that postern can write to: %w", err)
	}
	err = os.Chmod(dir, 0o700) // the umask can keep out even us
	if errors.Is(err, fs.ErrNotExist) {
		return errOccupied // another start was in it already, and left
	}
	return err
}

// claim locks the directory, if it is ours and still the one at dir.
func claim(lock *os.File, dir string) error {
	opened, err := lock.Stat()
	if err != nil {
		return err
	}
	if !ours(opened) || opened.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("the socket is made in %s, which others can enter: move it away", dir)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK || err == syscall.EINTR {
		return errOccupied
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", dir, err)
	}
	if there, err := os.Lstat(dir); err != nil || !os.SameFile(opened, there) {
		return errOccupied // who was in it before us has removed what we opened
	}
	return nil
}

// ours tells whether a file belongs to the user that we run as.
func ours(file fs.FileInfo) bool {
	stat, ok := file.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
