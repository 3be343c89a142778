package embedded

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/queuetest"
)

func TestLineOnDiskKeepsThePromise(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, o queuetest.Options) queue.Line {
		return mustOpen(t, o.Dir, Options{
			MaxBytes: o.MaxBytes, RetainDelivered: o.RetainDelivered, RetainFailed: o.RetainFailed, Now: o.Now,
		})
	})
}

// Everything at once, with history going all the time: each delivery that was
// promised ends once, and the counts are right.
func TestEverythingAtOnce(t *testing.T) {
	l := openMem(t, Options{
		FS: vfs.NewMem(), MaxBytes: 400 << 10, RetainDelivered: time.Nanosecond, RetainFailed: time.Millisecond,
	})
	lanes := []string{"a", "b", "c"}
	var accepting, working sync.WaitGroup
	var promised, delivered atomic.Int64
	var stop atomic.Bool
	for i := range 4 {
		accepting.Go(func() {
			for j := range 100 {
				e := entryOf(fmt.Sprintf("e%d-%d", i, j), lanes[:j%4]...)
				receipts, err := l.Accept(t.Context(), []queue.Entry{e})
				if errors.Is(err, queue.ErrFull) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				promised.Add(int64(receipts[0].Deliveries))
			}
		})
	}
	for i := range 6 {
		working.Go(func() {
			for n := 0; ; n++ {
				idle := stop.Load()
				leases, _, err := l.Take(lanes[i%3], 3)
				if err != nil || idle && len(leases) == 0 {
					return
				}
				for k, s := range leases {
					switch (n + k) % 5 {
					case 0:
						err = s.Release()
					case 1:
						settle(t, s, event.Pending)
					default:
						settle(t, s, event.Delivered)
						delivered.Add(1)
					}
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for _, do := range []func() error{
		func() error { return l.Sweep(t.Context()) },
		func() error { return l.Stop(t.Context(), map[string]bool{"d": true, "b": false}) },
		func() error { _, err := l.Lanes(t.Context()); return err },
		func() error {
			page, err := l.List(t.Context(), queue.Filter{States: []event.State{event.Pending}})
			if err != nil || len(page.Deliveries) == 0 {
				return err
			}
			_, err = l.Replay(t.Context(), page.Deliveries[0].ID)
			if err == nil || errors.Is(err, queue.ErrNotFound) || errors.Is(err, queue.ErrLeased) {
				return nil
			}
			return err
		},
	} {
		working.Go(func() {
			for !stop.Load() {
				if err := do(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	accepting.Wait()
	stop.Store(true)
	working.Wait()
	for _, name := range lanes { // what a worker held when another saw none
		for {
			leases := take(t, l, name, 100)
			if len(leases) == 0 {
				break
			}
			for _, s := range leases {
				settle(t, s, event.Delivered)
				delivered.Add(1)
			}
		}
	}
	checkCounts(t, l)
	if n := l.Stats().Corrupt; n != 0 {
		t.Errorf("%d records are unreadable", n)
	}
	// A replay may catch a delivery just after it ended, and have it made again.
	if p, d := promised.Load(), delivered.Load(); p == 0 || d < p {
		t.Errorf("%d deliveries were promised, %d made", p, d)
	}
}
