package embedded

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A fakeClock moves when it is told to.
type fakeClock struct {
	mu sync.Mutex
	at time.Time
}

func newFakeClock() *fakeClock {
	return &fakeClock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func mustOpen(t testing.TB, dir string, o Options) *Line {
	t.Helper()
	l, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustClose(t testing.TB, l *Line) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// openMem opens a line in memory, closed with the test.
func openMem(t testing.TB, o Options) *Line {
	t.Helper()
	if o.FS == nil {
		o.FS = vfs.NewCrashableMem()
	}
	l := mustOpen(t, "data", o)
	t.Cleanup(func() { mustClose(t, l) })
	return l
}

func entryOf(id string, lanes ...string) queue.Entry {
	e := queue.Entry{Event: event.Event{
		ID: id, Type: "contact.subscribed", Data: fmt.Appendf(nil, `{"id":%q}`, id), Accepted: time.Now().UTC(),
	}}
	for _, lane := range lanes {
		e.Owed = append(e.Owed, queue.Owed{Lane: lane, State: event.Pending})
	}
	return e
}

func accept(t testing.TB, l *Line, entries ...queue.Entry) {
	t.Helper()
	if _, err := l.Accept(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

func take(t testing.TB, l *Line, lane string, n int) []queue.Lease {
	t.Helper()
	leases, _, err := l.Take(lane, n)
	if err != nil {
		t.Fatal(err)
	}
	return leases
}

func settle(t testing.TB, s queue.Lease, state event.State) {
	t.Helper()
	o := queue.Outcome{State: state, Class: event.Status, Attempt: &event.Attempt{
		At: time.Unix(1, 0).UTC(), Class: event.Status, Status: 500, ResponseBody: []byte("oops"),
	}}
	if state == event.Pending {
		o.Said = &event.Said{Method: "POST", ContentType: "application/json", Payload: []byte("{}")}
	}
	if err := s.Settle(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

func onlyDelivery(t testing.TB, l *Line, eventID string) event.Delivery {
	t.Helper()
	_, owed, err := l.Event(t.Context(), eventID)
	if err != nil || len(owed) != 1 {
		t.Fatalf("%s has deliveries %v, error %v", eventID, owed, err)
	}
	d, err := l.Delivery(t.Context(), owed[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// see has what was settled written, for those who look at the storage itself.
func see(t testing.TB, l *Line) {
	t.Helper()
	if err := l.writeSettled(); err != nil {
		t.Fatal(err)
	}
}

// checkCounts compares what the line counts with what it holds.
func checkCounts(t testing.TB, l *Line) {
	t.Helper()
	see(t, l)
	sums, bad, err := l.sumUp()
	if err != nil || len(bad) > 0 {
		t.Fatalf("unreadable %v, error %v", bad, err)
	}
	var total int64
	for num, n := range l.byNum {
		var want counts
		if sums[num] != nil {
			want = *sums[num]
		}
		total += want.bytes
		if d := cmp.Diff(want, n.counts, cmp.AllowUnexported(counts{})); d != "" {
			t.Errorf("counts of lane %q (-recounted +counted):\n%s", n.name, d)
		}
	}
	if got := l.Stats().Bytes; got != total {
		t.Errorf("%d bytes are counted, %d are there", got, total)
	}
}

// flip changes a byte of the one record whose key starts with in. Nobody remembers
// how it was.
func flip(t testing.TB, l *Line, in byte) (key []byte) {
	t.Helper()
	return rewrite(t, l, in, func(_, value []byte) { value[len(value)-1] ^= 1 })
}

// rewrite changes the one record whose key starts with in.
func rewrite(t testing.TB, l *Line, in byte, change func(key, value []byte)) (key []byte) {
	t.Helper()
	see(t, l)
	var value []byte
	err := l.store.ascend([]byte{in}, []byte{in + 1}, func(it *pebble.Iterator) (bool, error) {
		key, value = append(key, it.Key()...), append(value, it.Value()...)
		return false, nil
	})
	if err != nil || len(value) == 0 {
		t.Fatalf("no record under %q: %v", in, err)
	}
	change(key, value)
	b := l.batch()
	b.set(key, value)
	if err := l.store.apply(b, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	for _, n := range l.lanes() {
		n.forgetBefore(math.MaxUint64)
	}
	return key
}

// long leaves a test out where the tests are short: it tells a long story on one
// goroutine, which takes minutes with -race, and -race finds nothing in it.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long with -race, which finds nothing on one goroutine")
	}
}
