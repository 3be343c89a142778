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

// believable is the earliest that a wall clock may show. One that shows less was
// not set yet: 1970 comes from a machine without a battery.
var believable = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// newClock goes on from a mark, or begins at the wall's time if there is none.
func newClock(now func() time.Time, m mark) *clock {
	c := &clock{now: now, start: now()}
	c.base = resume(m, c.start.UnixNano())
	c.last.Store(c.base)
	return c
}

// resume is where a clock goes on. Since the mark as much time has gone by as the
// wall clock has moved on, if both readings can be believed. It goes past the wall
// clock by none of that: one that was behind has only caught up.
func resume(m mark, wall int64) int64 {
	switch {
	case m.wall == 0: // none was kept, or by a version that kept no readings
		return max(wall, m.clock)
	case min(m.wall, wall) < believable:
		return m.clock
	}
	return max(m.clock, min(wall, m.clock+wall-m.wall))
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
