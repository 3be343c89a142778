package inbound

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockPatience is how long another start may hold the lock of a directory.
const lockPatience = 5 * time.Second

// withDirLocked runs f while no other postern changes sockets in the directory:
// between finding a dead socket and replacing it, another could have done so.
func withDirLocked(dir string, f func() error) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // gives up the lock
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f()
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR || time.Now().After(deadline) {
			return fmt.Errorf("lock the directory %s: %w", dir, err)
		}
	}
}
