package outbound

import (
	"context"
	"sync"
	"sync/atomic"
)

// mostIdleHands is how many goroutines wait for a further attempt.
const mostIdleHands = 64

// A crew are the goroutines that make attempts. Some wait for the next one when
// theirs is over: an attempt needs a deep stack, and a new goroutine has to grow
// one.
type crew struct {
	next chan func()
	idle atomic.Int64
}

func newCrew() *crew { return &crew{next: make(chan func())} }

// do has work done, by one who waits or by a new goroutine of all. Nobody waits
// for more once ctx has ended.
func (c *crew) do(ctx context.Context, all *sync.WaitGroup, work func()) {
	select {
	case c.next <- work:
	default:
		all.Go(func() { c.serve(ctx, work) })
	}
}

func (c *crew) serve(ctx context.Context, work func()) {
	for {
		work()
		work = nil
		if c.idle.Add(1) > mostIdleHands {
			c.idle.Add(-1)
			return
		}
		select {
		case work = <-c.next:
			c.idle.Add(-1)
		case <-ctx.Done():
			c.idle.Add(-1)
			return
		}
	}
}
