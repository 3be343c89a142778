package embedded

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestWhatIsKeptInMemoryIsWhatIsOnDisk(t *testing.T) {
	clock := newFakeClock()
	files := vfs.NewMem()
	l := mustOpen(t, "data", Options{FS: files, Now: clock.now})
	keyed := entryOf("keyed", "crm", "shop")
	keyed.Key, keyed.Event.Source, keyed.Event.Time = "k", "app", "2026-03-01T11:00:00Z"
	keyed.Event.Accepted = time.Now() // with a monotonic reading, and in the local zone
	accept(t, l, keyed)
	accept(t, l, entryOf("one", "crm"), entryOf("two", "crm"))
	clock.advance(time.Second)
	kept := deliveriesOf(take(t, l, "crm", 10))
	if n := l.lane("crm"); len(kept) != 3 || len(n.recent) != 0 {
		t.Fatalf("%d were taken, %d are still in memory", len(kept), len(n.recent))
	}
	mustClose(t, l)

	l = openMem(t, Options{FS: files, Now: clock.now})
	read := deliveriesOf(take(t, l, "crm", 10))
	if d := cmp.Diff(read, kept); d != "" {
		t.Errorf("(-from disk +from memory):\n%s", d)
	}
}

func deliveriesOf(leases []queue.Lease) (all []event.Delivery) {
	for _, s := range leases {
		all = append(all, *s.Delivery())
	}
	return all
}

func TestWhatIsKeptInMemoryIsBounded(t *testing.T) {
	const large = 1_000_000
	for name, grow := range map[string]func(*event.Event){
		"data":       func(e *event.Event) { e.Data = fmt.Appendf(nil, `{"x":"%*d"}`, large, 1) },
		"attributes": func(e *event.Event) { e.Cloud = &event.Cloud{Attributes: fmt.Appendf(nil, `{"x":"%*d"}`, large, 1)} },
		"source":     func(e *event.Event) { e.Source = strings.Repeat("s", large) },
	} {
		t.Run(name, func(t *testing.T) {
			l := openMem(t, Options{})
			big := entryOf("big", "a", "b", "c")
			grow(&big.Event)
			for i := range 3 {
				big.Event.ID = fmt.Sprint("big", i)
				accept(t, l, big)
			}
			if n := l.recent.Load(); n > mostRecent || n < mostRecent/2 {
				t.Errorf("%d bytes are kept, at most %d may be", n, mostRecent)
			}
			for _, lane := range []string{"a", "b", "c"} {
				if got := len(take(t, l, lane, 10)); got != 3 {
					t.Errorf("%d of 3 can be taken from lane %s", got, lane)
				}
			}
			if n := l.recent.Load(); n != 0 {
				t.Errorf("%d bytes are still kept", n)
			}
		})
	}
}

// What is kept of an event must not keep the body that it came in.
func TestWhatIsKeptInMemoryIsACopy(t *testing.T) {
	l := openMem(t, Options{})
	body := []byte(`[{"n":1},{"n":2},{"n":3}]`)
	first, second, third := entryOf("e1", "crm"), entryOf("e2", "crm"), entryOf("e3", "crm")
	first.Event.Data, second.Event.Data, third.Event.Data = body[1:8], body[9:16], body[17:24]
	accept(t, l, first)
	accept(t, l, first, second)
	accept(t, l, third)
	if n := len(l.lane("crm").recent); n != 3 {
		t.Fatalf("%d are kept", n)
	}
	clear(body)
	for i, s := range take(t, l, "crm", 3) {
		if got, want := string(s.Delivery().Event.Data), fmt.Sprintf(`{"n":%d}`, i+1); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestALaneThatDoesNotKeepUpKeepsLittleInMemory(t *testing.T) {
	l := openMem(t, Options{})
	for i := range 3 * readyMost {
		accept(t, l, entryOf(fmt.Sprint("e", i), "crm"))
	}
	if n := len(l.lane("crm").recent); n == 0 || n > readyMost {
		t.Errorf("%d deliveries are kept, at most %d may be", n, readyMost)
	}
	if got := len(take(t, l, "crm", 10*readyMost)); got != 3*readyMost {
		t.Errorf("%d of %d can be taken", got, 3*readyMost)
	}
	if n := l.recent.Load(); n != 0 {
		t.Errorf("%d bytes are still kept", n)
	}
}

func TestALaneThatStandsStillKeepsNothingInMemory(t *testing.T) {
	l := openMem(t, Options{})
	if err := l.Stop(t.Context(), map[string]bool{"crm": true}); err != nil {
		t.Fatal(err)
	}
	accept(t, l, entryOf("e", "crm"))
	if n := l.recent.Load(); n != 0 {
		t.Errorf("%d bytes are kept", n)
	}
}

func TestWhatNobodyTakesIsLetGo(t *testing.T) {
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now})
	accept(t, l, entryOf("old", "crm"))
	clock.advance(2 * untaken)
	accept(t, l, entryOf("new", "crm"))
	if err := l.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(l.lane("crm").recent); n != 1 {
		t.Errorf("%d are kept, want the new one", n)
	}
	if got := len(take(t, l, "crm", 10)); got != 2 {
		t.Errorf("%d of 2 can be taken", got)
	}
}

func TestWhatIsChangedIsReadFromDisk(t *testing.T) {
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now})
	accept(t, l, entryOf("moved", "old"))
	accept(t, l, entryOf("replayed", "crm"))
	if _, err := l.Move(t.Context(), "old", "new"); err != nil {
		t.Fatal(err)
	}
	clock.advance(time.Second)
	if _, err := l.Replay(t.Context(), onlyDelivery(t, l, "replayed").ID); err != nil {
		t.Fatal(err)
	}
	if n := l.recent.Load(); n != 0 {
		t.Fatalf("%d bytes are kept of what was changed", n)
	}
	for _, lane := range []string{"new", "crm"} {
		if got := len(take(t, l, lane, 1)); got != 1 {
			t.Errorf("nothing can be taken from lane %s", lane)
		}
	}
}
