package embedded

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// fill has n events accepted for one lane, a thousand at once.
func fill(t testing.TB, l *Line, lane string, n, size int) {
	t.Helper()
	data := []byte(`{"x":"` + strings.Repeat("x", size) + `"}`)
	for from := 0; from < n; from += 1000 {
		batch := make([]queue.Entry, 0, 1000)
		for i := from; i < min(from+1000, n); i++ {
			e := entryOf(fmt.Sprint(lane, "-", i), lane)
			e.Event.Data = data
			batch = append(batch, e)
		}
		accept(t, l, batch...)
	}
}

// drain settles n deliveries of a lane, and tells how long the calls of Take took
// and how many there were.
func drain(t testing.TB, l *Line, lane string, n int, o queue.Outcome) (taking time.Duration, calls int) {
	t.Helper()
	for n > 0 {
		start := time.Now()
		leases := take(t, l, lane, min(n, 8))
		taking += time.Since(start)
		calls++
		if len(leases) == 0 {
			t.Fatalf("%s has nothing, %d deliveries too early", lane, n)
		}
		for _, s := range leases {
			if err := s.Settle(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		n -= len(leases)
	}
	return taking, calls
}

var well = queue.Outcome{State: event.Delivered, Class: event.OK, Attempt: &event.Attempt{Status: 200, Class: event.OK}}

// firstCosts is how many keys the storage reads, removed ones too, to find the
// first that is there.
func firstCosts(t testing.TB, l *Line, lo, hi []byte) (keys uint64) {
	t.Helper()
	err := l.store.iterate(lo, hi, func(it *pebble.Iterator) error {
		it.First()
		keys = it.Stats().InternalStats.PointCount
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
