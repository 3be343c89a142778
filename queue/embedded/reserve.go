package embedded

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

const (
	maxReserve  = 8 << 20
	reserveName = "reserve"
)

// A reserve is a file that holds room on the file system, for the day when others
// have filled it: it is removed then, and what is left lets deliveries go on and be
// marked. While it is gone the door is shut.
type reserve struct {
	fs   vfs.FS
	name string
	log  *zap.Logger

	mu   sync.Mutex
	size int64 // wanted; 0: none is
	held bool
}

// reserveOf is how much is held of a file system of so many bytes.
func reserveOf(total int64) int64 { return min(total/64, maxReserve) }

// missing is how much room is needed to make it again.
func (r *reserve) missing() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held {
		return 0
	}
	return r.size
}

// tend makes the reserve where there is room for it above the floor, and gives it
// up where less is free than it holds.
func (r *reserve) tend(free, total, floor int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size = reserveOf(total)
	switch {
	case r.size == 0:
	case r.held && free < r.size:
		r.giveUp()
	case !r.held && free >= floor+r.size:
		r.make()
	}
}

// release gives the reserve up to whoever found no space.
func (r *reserve) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held {
		r.giveUp()
	}
}

// giveUp removes the file; mu is held.
func (r *reserve) giveUp() {
	r.held = false
	if err := r.fs.Remove(r.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.log.Error("the disk is full, and the reserve can't be removed", zap.Error(err))
		return
	}
	r.log.Warn("the disk is full: the reserve is given up, no events are accepted, and deliveries go on", zap.Int64("bytes", r.size))
}

// make makes the file, or finds it; mu is held. Where it can't be made for another
// reason than want of space the door must not stay shut for it.
func (r *reserve) make() {
	info, err := r.fs.Stat(r.name)
	if err == nil && info.Size() == r.size {
		r.held = true
		return
	}
	err = r.fill()
	switch {
	case err == nil:
		r.held = true
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		_ = r.fs.Remove(r.name) // as far as it got
	default:
		r.size = 0
		_ = r.fs.Remove(r.name) // as far as it got
		r.log.Warn("no space can be held in reserve", zap.Error(err))
	}
}

func (r *reserve) fill() error {
	f, err := r.fs.Create(r.name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if fd := f.Fd(); fd == vfs.InvalidFd || unix.Fallocate(int(fd), 0, 0, r.size) != nil {
		err = writeNoise(f, r.size)
	}
	return errors.Join(err, f.Close())
}

// writeNoise writes what no file system makes smaller.
func writeNoise(f vfs.File, size int64) error {
	noise := rand.NewChaCha8([32]byte{})
	part := make([]byte, 64<<10)
	for size > 0 {
		_, _ = noise.Read(part) // never fails
		n, err := f.Write(part[:min(size, int64(len(part)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}
