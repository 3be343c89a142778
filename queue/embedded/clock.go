package embedded

import (
	"sync/atomic"
	"time"
)

// A clock never runs backwards, and does not follow a wall clock that is set:
// a jump would make every retry due at once, or none for a year.
type clock struct {
	now   func() time.Time
	start time.Time // carries the monotonic reading
	base  int64
	last  atomic.Int64
}

// newClock starts at the wall's time, or at least if that is later.
func newClock(now func() time.Time, least int64) *clock {
	c := &clock{now: now, start: now()}
	c.base = max(c.start.UnixNano(), least)
	c.last.Store(c.base)
	return c
}

// read is the time in nanoseconds.
func (c *clock) read() int64 {
	t := c.base + int64(c.now().Sub(c.start))
	for {
		last := c.last.Load()
		if t <= last {
			return last
		}
		if c.last.CompareAndSwap(last, t) {
			return t
		}
	}
}

// wall is when the clock will have read on by d, for people.
func (c *clock) wall(d int64) time.Time { return c.now().Add(time.Duration(d)).UTC() }
