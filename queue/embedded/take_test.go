package embedded

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestTrimmingTheHeadOfALaneLosesNothing(t *testing.T) {
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now})
	var entries []queue.Entry
	for i := range 1000 {
		entries = append(entries, entryOf(fmt.Sprint("old", i), "crm"))
	}
	accept(t, l, entries...)
	leased := take(t, l, "crm", 5)
	left := 3
	for round := range trimEvery/1000 + 1 {
		clock.advance(time.Millisecond)
		for i, lease := range take(t, l, "crm", 1000) {
			if round == 0 && i < left {
				settle(t, lease, event.Pending)
				continue
			}
			settle(t, lease, event.Delivered)
		}
		for i := range entries {
			entries[i] = entryOf(fmt.Sprint(round, "-", i), "crm")
		}
		accept(t, l, entries...)
	}
	n := l.lane("crm")
	if n.trimmed == lowest {
		t.Fatal("nothing was trimmed")
	}
	for _, lease := range leased {
		if err := lease.Release(); err != nil {
			t.Fatal(err)
		}
	}
	want := n.counts.of[pending]
	stored := int64(0)
	err := l.store.ascend(laneKey(inWaiting, n.num), laneKey(inWaiting, n.num+1), func(*pebble.Iterator) (bool, error) {
		stored++
		return true, nil
	})
	if err != nil || stored != want {
		t.Fatalf("%d places are stored, %d wait: %v", stored, want, err)
	}
	if got := len(take(t, l, "crm", 100_000)); int64(got) != want {
		t.Errorf("%d can be taken, %d wait", got, want)
	}
}
