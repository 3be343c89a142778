package embedded

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/posternhq/postern/queue"
)

// statfs asks the file system, for what an ordinary user may still write.
func statfs(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	size := int64(st.Bsize)
	return int64(st.Bavail) * size, int64(st.Blocks) * size, nil
}

// A space keeps the line off the last part of a file system, which Pebble needs
// to let deliveries settle and to give space back.
type space struct {
	dir string
	ask func(dir string) (free, total int64, err error) // nil: there is no floor
	now func() time.Time

	reserve *reserve

	mu     sync.Mutex
	asked  time.Time
	free   int64
	total  int64
	floor  int64
	failed error
}

const (
	askAgain = 250 * time.Millisecond
	maxFloor = 512 << 20
)

// read is at most askAgain old. Without a file system free is -1.
func (s *space) read() (free, floor int64, err error) {
	if s.ask == nil {
		return -1, 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.asked.IsZero() || now.Sub(s.asked).Abs() >= askAgain {
		s.asked = now
		s.free, s.total, s.failed = s.ask(s.dir)
		s.floor = min(s.total/20, maxFloor)
	}
	return s.free, s.floor, s.failed
}

// tend sees to the reserve.
func (s *space) tend() {
	free, floor, err := s.read()
	if err != nil || free < 0 {
		return
	}
	s.mu.Lock()
	total := s.total
	s.asked = time.Time{} // the reserve may change what is free
	s.mu.Unlock()
	s.reserve.tend(free, total, floor)
}

// room tells whether n more bytes leave the floor free, and room for the reserve:
// nil, ErrFull, or ErrUnavailable if the file system can't be asked, for then it is
// failing.
func (s *space) room(n int64) error {
	free, floor, err := s.read()
	switch {
	case err != nil:
		return fmt.Errorf("%w: ask the file system of %s: %w", queue.ErrUnavailable, s.dir, err)
	case free >= 0 && free-n < floor+s.reserve.missing():
		return queue.ErrFull
	}
	return nil
}
