//go:build backlog

package embedded

import (
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

var many = flag.Int("waiting", 1_000_000, "how many deliveries wait")

// TestALineWithABacklog is run by `make backlog`: so many deliveries that wait, are
// listed, end, and are forgotten.
func TestALineWithABacklog(t *testing.T) {
	dir, clock := t.TempDir(), &shifted{}
	needSpace(t, dir, int64(*many)*8<<10)
	o := Options{MaxBytes: 1 << 40, RetainDelivered: time.Hour, Now: clock.now}
	l := mustOpen(t, dir, o)
	fill(t, l, "few", 100, 1000)
	start := time.Now()
	fill(t, l, "crm", *many, 1000)
	t.Logf("filled in %v", time.Since(start))
	l = reopen(t, l, dir, o)
	fill(t, l, "few", 100, 1000)
	lists(t, l)

	for i := range 10 {
		taking, calls := drain(t, l, "crm", *many/10, well)
		t.Logf("settled %d: %v a Take", (i+1)*(*many/10), taking/time.Duration(calls))
	}
	l = reopen(t, l, dir, o)
	fill(t, l, "crm2", 1, 1000)
	accept(t, l, entryOf("afterwards", "crm"))
	for range 3 {
		taking, calls := drain(t, l, "crm", 1, well)
		t.Logf("after a restart: %v a Take, %d keys to the first", taking/time.Duration(calls), firstCosts(t, l, laneKey(inWaiting, 0), laneKey(inWaiting+1, 0)))
		accept(t, l, entryOf(fmt.Sprint("afterwards", time.Now()), "crm"))
	}
	lists(t, l)

	before := accepts(t, l, func() {
		for range 20 {
			time.Sleep(100 * time.Millisecond) // as long as a sweep, about
		}
	})
	clock.shift(2 * time.Hour)
	start = time.Now()
	beside := accepts(t, l, func() {
		if err := l.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Logf("swept %d in %v", *many, time.Since(start))
	t.Logf("accepts alone: %v; beside the sweep: %v", before, beside)
	lists(t, l)
	l = reopen(t, l, dir, o)
	lists(t, l)
	clock.shift(25 * time.Hour)
	start = time.Now()
	beside = accepts(t, l, func() {
		if err := l.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Logf("forgot the ids in %v; accepts beside it: %v", time.Since(start), beside)
	start = time.Now()
	if err := l.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("another sweep in %v", time.Since(start))
	checkCounts(t, l)
	mustClose(t, l)
}

// needSpace skips a test for which the disk has no room.
func needSpace(t *testing.T, dir string, need int64) {
	t.Helper()
	free, _, err := statfs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if free < need {
		t.Skipf("%d bytes are free, and %d may be needed", free, need)
	}
}

// A shifted clock goes as the machine's does, ahead of it.
type shifted struct {
	mu sync.Mutex
	by time.Duration
}

func (c *shifted) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *shifted) shift(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += by
}

func reopen(t *testing.T, l *Line, dir string, o Options) *Line {
	t.Helper()
	start := time.Now()
	mustClose(t, l)
	closed := time.Now()
	l = mustOpen(t, dir, o)
	t.Logf("closed in %v, open in %v", closed.Sub(start), time.Since(closed))
	return l
}

// lists has pages read as people ask for them.
func lists(t *testing.T, l *Line) {
	t.Helper()
	middle := ""
	pages := func(name string, f queue.Filter) {
		t.Helper()
		start := time.Now()
		page, err := l.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("list %s: %d in %v", name, len(page.Deliveries), time.Since(start))
	}
	if page, err := l.List(t.Context(), queue.Filter{Lanes: []string{"crm"}, Limit: 1}); err != nil {
		t.Fatal(err)
	} else if len(page.Deliveries) > 0 {
		r, _ := parseID(page.Deliveries[0].ID)
		middle = ref{r.seq - r.seq%2, 0}.text()
	}
	pages("all", queue.Filter{})
	pages("webhook with many", queue.Filter{Lanes: []string{"crm"}})
	pages("webhook with few", queue.Filter{Lanes: []string{"few"}, Limit: 500})
	pages("webhook with none", queue.Filter{Lanes: []string{"nowhere"}})
	pages("pending", queue.Filter{States: []event.State{event.Pending}, Limit: 500})
	pages("failed", queue.Filter{States: []event.State{event.Failed}})
	pages("delivered", queue.Filter{States: []event.State{event.Delivered}})
	pages("class", queue.Filter{Class: event.Timeout})
	pages("type", queue.Filter{Type: "nothing.such"})
	pages("since a minute", queue.Filter{Since: time.Now().Add(-time.Minute)})
	pages("since an hour, failed", queue.Filter{Since: time.Now().Add(-time.Hour), States: []event.State{event.Failed}})
	pages("deep", queue.Filter{Cursor: middle})
}

// quantiles of how long single accepts took.
type quantiles struct {
	n              int
	p50, p99, most time.Duration
}

func (q quantiles) String() string {
	return fmt.Sprintf("%d, median %v, p99 %v, at most %v", q.n, q.p50, q.p99, q.most)
}

// accepts accepts events while something else goes on.
func accepts(t *testing.T, l *Line, beside func()) quantiles {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		beside()
	}()
	var took []time.Duration
	for i := 0; ; i++ {
		select {
		case <-done:
			slices.Sort(took)
			return quantiles{len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1]}
		default:
		}
		start := time.Now()
		accept(t, l, entryOf(fmt.Sprint("beside-", start.UnixNano(), "-", i), "other"))
		took = append(took, time.Since(start))
	}
}
