package embedded

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// The long one, with a million, is `make backlog`.

// What a lane keeps in memory does not grow with what waits in it, and neither
// does what the first Take after a restart reads.
func TestABacklogStaysOnDisk(t *testing.T) {
	fs := vfs.NewCrashableMem()
	l := mustOpen(t, "data", Options{FS: fs})
	const many = 5000
	fill(t, l, "crm", many, 10)
	for range 2 {
		n := l.lane("crm")
		leases := take(t, l, "crm", 8)
		if len(leases) != 8 || n.counts.of[pending] != many {
			t.Errorf("took %d of %d", len(leases), n.counts.of[pending])
		}
		if len(n.ready.places) > readyMost || cap(n.ready.places) > 2*readyMost || len(n.out) != 8 {
			t.Errorf("in memory are %d places, and %d that are leased", cap(n.ready.places), len(n.out))
		}
		for _, s := range leases {
			if err := s.Release(); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, l)
		l = mustOpen(t, "data", Options{FS: fs})
	}
	mustClose(t, l)
}

// Deliveries that have ended leave no more behind at the head of their lane than
// the next range deletion takes, restart or not.
func TestAnEmptiedHeadIsNotReadAgain(t *testing.T) {
	long(t)
	fs := vfs.NewCrashableMem()
	l := mustOpen(t, "data", Options{FS: fs})
	const rest = 20
	fill(t, l, "crm", 4*trimEvery+rest+1, 10)
	drain(t, l, "crm", 4*trimEvery+rest, well)
	for range 2 {
		if keys := firstCosts(t, l, laneKey(inWaiting, 1), laneKey(inWaiting, 2)); keys > 2*trimEvery { // what one table in memory holds; without, twice as many as have ended
			t.Errorf("the first that waits is found behind %d keys", keys)
		}
		mustClose(t, l)
		l = mustOpen(t, "data", Options{FS: fs})
	}
	mustClose(t, l)
}

// A page reads so far and no further, however little it has found, and tells where
// to go on. What the counts say there is none of is not looked for.
func TestAPageThatFindsLittleIsShort(t *testing.T) {
	l := openMem(t, Options{})
	l.pageReads = 100
	fill(t, l, "few", 3, 10)
	fill(t, l, "crm", 1000, 10)
	f := queue.Filter{Lanes: []string{"few"}, Limit: 2}
	var found []string
	pages := 0
	for {
		page, err := l.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Deliveries {
			found = append(found, d.EventID)
		}
		if pages++; page.NextCursor == "" {
			break
		}
		f.Cursor = page.NextCursor
	}
	if got := fmt.Sprint(found); got != "[few-2 few-1 few-0]" || pages != 12 {
		t.Errorf("%d pages have %s", pages, got)
	}
	for name, f := range map[string]queue.Filter{
		"no webhook":    {Lanes: []string{"nowhere"}},
		"no such state": {States: []event.State{event.Failed, event.Delivered}},
	} {
		if page, err := l.List(t.Context(), f); err != nil || page.NextCursor != "" || len(page.Deliveries) != 0 {
			t.Errorf("%s: %+v, error %v", name, page, err)
		}
	}
}
