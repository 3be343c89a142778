package embedded

import (
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// entryIn is entryOf in an order.
func entryIn(order, id string, lanes ...string) queue.Entry {
	e := entryOf(id, lanes...)
	for i := range e.Owed {
		e.Owed[i].Order = queue.OrderOf(order)
	}
	return e
}

// takeOne takes the only delivery that is due.
func takeOne(t testing.TB, l *Line, lane, eventID string) queue.Lease {
	t.Helper()
	leases := take(t, l, lane, 10)
	if len(leases) != 1 || leases[0].Delivery().EventID != eventID {
		t.Fatalf("took %d, want %s alone", len(leases), eventID)
	}
	return leases[0]
}

func holdOne(t testing.TB, s queue.Lease) {
	t.Helper()
	if err := s.Settle(t.Context(), queue.Outcome{State: event.Failed, Class: event.Status, Hold: true}); err != nil {
		t.Fatal(err)
	}
}

// Everybody at once: what one caller accepted in an order comes in that order,
// and never two at once.
func TestRowsKeepTheirOrderUnderLoad(t *testing.T) {
	const callers, each, orders = 8, 40, 3
	l := openMem(t, Options{FS: vfs.NewMem()})
	var accepting, working sync.WaitGroup
	for i := range callers {
		accepting.Go(func() {
			for j := range each {
				e := entryIn(fmt.Sprint("order ", i%orders), fmt.Sprintf("e%d-%d", i, j), "crm")
				if _, err := l.Accept(t.Context(), []queue.Entry{e}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	under := map[int]bool{} // orders
	last := map[int]int{}   // by caller
	ended := 0
	all := make(chan struct{})
	attempt := func(s queue.Lease) {
		var i, j int
		fmt.Sscanf(s.Delivery().EventID, "e%d-%d", &i, &j)
		mu.Lock()
		if under[i%orders] || last[i] != j {
			t.Errorf("%s is leased: beside another %t, after %d of its caller", s.Delivery().EventID, under[i%orders], last[i])
		}
		under[i%orders] = true
		again := len(s.Delivery().Attempts) == 0 && j%3 == 0
		mu.Unlock()
		o := queue.Outcome{State: event.Delivered, Class: event.OK, Attempt: &event.Attempt{Class: event.OK}}
		if again {
			o.State, o.Class = event.Pending, event.Timeout
		}
		mu.Lock()
		under[i%orders] = false
		if !again {
			last[i]++
			if ended++; ended == callers*each {
				close(all)
			}
		}
		err := s.Settle(t.Context(), o) // under the lock: the next one may come at once
		mu.Unlock()
		if err != nil {
			t.Error(err)
		}
	}
	for range 4 {
		working.Go(func() {
			for {
				select {
				case <-all:
					return
				default:
				}
				leases, _, err := l.Take("crm", 2)
				if err != nil {
					t.Error(err)
					return
				}
				for _, s := range leases {
					attempt(s)
				}
			}
		})
	}
	accepting.Wait()
	working.Wait()
	checkRowsGone(t, l)
	checkCounts(t, l)
}

func TestWhatIsInNoOrderHasNoRecordsOfIt(t *testing.T) {
	l := openMem(t, Options{})
	accept(t, l, entryOf("e1", "crm"), entryOf("e2", "crm"))
	for _, s := range take(t, l, "crm", 2) {
		holdOne(t, s) // which means nothing to it
	}
	checkRowsGone(t, l)
	if d := onlyDelivery(t, l, "e1"); d.Holds || d.Ordered {
		t.Errorf("%+v", d)
	}
}

func TestALongRowMovesInParts(t *testing.T) {
	const n = 2*moveAtOnce + 500
	l := openMem(t, Options{})
	entries := make([]queue.Entry, n)
	for i := range entries {
		entries[i] = entryIn(fmt.Sprint("order ", i%2), fmt.Sprint("e", i), "old")
	}
	accept(t, l, entries...)
	sum, err := l.Move(t.Context(), "old", "new")
	if err != nil || sum != (queue.Moved{Moved: n}) {
		t.Fatalf("moved %+v, %v", sum, err)
	}
	checkCounts(t, l)
	next := [2]int{0, 1}
	for range n / 2 {
		leases := take(t, l, "new", 5)
		if len(leases) != 2 {
			t.Fatalf("took %d", len(leases))
		}
		for _, s := range leases {
			var i int
			fmt.Sscanf(s.Delivery().EventID, "e%d", &i)
			if next[i%2] != i {
				t.Fatalf("%d came, want %d", i, next[i%2])
			}
			next[i%2] += 2
			settle(t, s, event.Delivered)
		}
	}
	checkRowsGone(t, l)
}

// Damage costs the record that it met, and stops nobody behind it.
func TestDamageDoesNotStopARow(t *testing.T) {
	for name, c := range map[string]struct {
		in   byte
		wait string // what is due then
		next string // and afterwards
	}{
		"turn":     {inTurns, "e1", "e2"},
		"delivery": {inDeliveries, "e2", "e3"}, // the first one's
		"event":    {inEvents, "e2", "e3"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, reopen := range []bool{false, true} {
				o := Options{FS: vfs.NewMem()}
				l := mustOpen(t, "data", o)
				accept(t, l, entryIn("ada", "e1", "crm"), entryIn("ada", "e2", "crm"), entryIn("ada", "e3", "crm"))
				flip(t, l, c.in)
				if reopen {
					mustClose(t, l)
					l = mustOpen(t, "data", o)
				}
				settle(t, takeOne(t, l, "crm", c.wait), event.Delivered)
				settle(t, takeOne(t, l, "crm", c.next), event.Delivered)
				takeInTurns(t, l, "crm")
				checkRowsGone(t, l)
				if l.Stats().Corrupt != 1 {
					t.Errorf("%d are unreadable", l.Stats().Corrupt)
				}
				mustClose(t, l)
			}
		})
	}
}

// One that is set aside while it is under way keeps its turn until it has ended.
func TestADamagedTurnIsNotGivenTwice(t *testing.T) {
	l := openMem(t, Options{})
	accept(t, l, entryIn("ada", "e1", "crm"), entryIn("ada", "e2", "crm"))
	first := takeOne(t, l, "crm", "e1")
	flip(t, l, inTurns)
	if got := onlyDelivery(t, l, "e2"); got.State != event.Pending { // a look at it changes nothing
		t.Errorf("%+v", got)
	}
	accept(t, l, entryIn("ada", "e3", "crm")) // which restores it
	if got := take(t, l, "crm", 5); len(got) != 0 {
		t.Fatalf("%s is leased beside e1", got[0].Delivery().EventID)
	}
	settle(t, first, event.Delivered)
	settle(t, takeOne(t, l, "crm", "e2"), event.Delivered)
	settle(t, takeOne(t, l, "crm", "e3"), event.Delivered)
	checkRowsGone(t, l)
}

// A hold whose delivery can't be read any more ends when that is found.
func TestADamagedHoldEnds(t *testing.T) {
	l := openMem(t, Options{})
	accept(t, l, entryIn("ada", "e1", "crm"), entryIn("ada", "e2", "crm"))
	id := onlyDelivery(t, l, "e1").ID
	holdOne(t, takeOne(t, l, "crm", "e1"))
	flip(t, l, inDeliveries)
	if d, err := l.Delivery(t.Context(), id); err != nil || d.State != event.Failed || d.Holds {
		t.Fatalf("%+v, %v", d, err)
	}
	settle(t, takeOne(t, l, "crm", "e2"), event.Delivered)
	checkRowsGone(t, l)
}

// An attempt whose end is known is recorded though what follows can't be read;
// the next one's turn comes with a Sweep.
func TestARowThatCannotBeReadIsCalledLater(t *testing.T) {
	const rows = 400
	astand := false
	for k := int64(1); ; k++ {
		failing := &failingRead{k: k}
		o := Options{FS: vfs.NewMem()}
		l := mustOpen(t, "data", o)
		entries := make([]queue.Entry, 2*rows) // in blocks most of which nobody has read
		for i := range entries {
			entries[i] = entryIn(fmt.Sprint("order ", i%rows), fmt.Sprint("e", i), "crm")
		}
		accept(t, l, entries...)
		mustClose(t, l)
		o.FS = errorfs.Wrap(o.FS, failing)
		l = mustOpen(t, "data", o)
		leases := take(t, l, "crm", 2*rows)
		if len(leases) != rows {
			t.Fatalf("took %d", len(leases))
		}
		failing.armed.Store(true)
		for _, s := range leases {
			settle(t, s, event.Delivered)
		}
		failing.armed.Store(false)
		astand = astand || l.astand.Load()
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := takeInTurns(t, l, "crm"); got != rows {
			t.Fatalf("read %d failed: %d had their turn", k, got)
		}
		checkRowsGone(t, l)
		checkCounts(t, l)
		mustClose(t, l)
		if failing.seen.Load() < k {
			if !astand {
				t.Fatal("no read was made to fail that a row needed")
			}
			return
		}
	}
}

// A turn may come, in a lane that stands still, to a delivery with a place before
// that of the one that had it: a move must not clear it with a range.
func TestNoMoveClearsWhereATurnComes(t *testing.T) {
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now})
	accept(t, l, entryIn("ada", "e1", "old"), entryIn("ada", "e2", "old"))
	settle(t, takeOne(t, l, "old", "e1"), event.Delivered)
	second := takeOne(t, l, "old", "e2")
	if _, err := l.Replay(t.Context(), onlyDelivery(t, l, "e1").ID); err != nil {
		t.Fatal(err)
	}
	if err := l.Stop(t.Context(), map[string]bool{"old": true}); err != nil {
		t.Fatal(err)
	}
	accept(t, l, entryOf("x", "old"))
	n := l.lane("old")
	r, err := n.reach(l.store, lowest, 10, l.landedBelow())
	if err != nil || len(r.places) != 1 {
		t.Fatalf("reached %d: %v", len(r.places), err)
	}
	settle(t, second, event.Delivered) // meanwhile
	_, d, err := l.find(onlyDelivery(t, l, "e1").ID)
	if err != nil || !d.waitsAt(n, d.place()) {
		t.Fatalf("%+v, %v", d, err)
	}
	if d.place().before(r.safe) {
		t.Errorf("e1 waits at %v, and below %v ranges are cleared", d.place(), r.safe)
	}
}
