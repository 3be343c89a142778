package embedded

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// damage flips a bit in the middle of the largest table, which holds the events.
func damage(t *testing.T, files vfs.FS) {
	t.Helper()
	names, err := files.List("data/line")
	if err != nil {
		t.Fatal(err)
	}
	var largest []byte
	var table string
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		f, err := files.Open("data/line/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if len(b) > len(largest) {
			largest, table = b, name
		}
	}
	f, err := files.OpenReadWrite("data/line/"+table, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	largest[len(largest)/2] ^= 1
	_, err = f.WriteAt(largest, 0)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDamageInAFileCostsWhatStoodThere(t *testing.T) {
	const n = 50
	o := Options{FS: vfs.NewMem()}
	l := mustOpen(t, "data", o)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		e := entryOf(fmt.Sprint("e", i), "crm")
		for range 500 { // so that most of the file is events
			e.Event.Data = fmt.Appendf(e.Event.Data, "%08x", rng.Uint32())
		}
		accept(t, l, e)
	}
	mustClose(t, l)
	mustClose(t, mustOpen(t, "data", o)) // brings it from the log to a table
	damage(t, o.FS)

	l = mustOpen(t, "data", o)
	defer mustClose(t, l)
	leases := take(t, l, "crm", n)
	lost := n - len(leases)
	if lost < 1 || lost > 10 {
		t.Errorf("%d of %d can't be taken, want some", lost, n)
	}
	page, err := l.List(t.Context(), queue.Filter{States: []event.State{event.Failed}})
	if err != nil || len(page.Deliveries) != lost {
		t.Errorf("%d have failed, want %d: %v", len(page.Deliveries), lost, err)
	}
	if got := l.Stats().Corrupt; got != int64(lost) {
		t.Errorf("%d records are counted as unreadable, want %d", got, lost)
	}
	accept(t, l, entryOf("new", "crm"))
	for _, s := range append(leases, take(t, l, "crm", n)...) {
		settle(t, s, event.Delivered)
	}
	checkCounts(t, l)
}

// A failingRead fails reads of tables, once armed.
type failingRead struct {
	k     int64 // the one that fails; 0: all do, also those of Pebble for itself
	armed atomic.Bool
	seen  atomic.Int64
}

func (f *failingRead) MaybeError(op errorfs.Op) error {
	if !f.armed.Load() || !strings.HasSuffix(op.Path, ".sst") || op.Kind.ReadOrWrite() != errorfs.OpIsRead {
		return nil
	}
	if n := f.seen.Add(1); f.k == 0 || n == f.k {
		return errorfs.ErrInjected
	}
	return nil
}

func (f *failingRead) String() string { return "failing read" }

// openTables is a line whose records are in blocks of a table, most of which
// nobody has read. middle is in one of those.
func openTables(t *testing.T, failing *failingRead) (l *Line, middle ref) {
	t.Helper()
	o := Options{FS: vfs.NewMem()}
	l = mustOpen(t, "data", o)
	for i := range 100 {
		accept(t, l, entryOf(fmt.Sprint("e", i, strings.Repeat("x", 100)), "crm"))
	}
	page, err := l.List(t.Context(), queue.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	middle, _ = parseID(page.Deliveries[49].ID)
	mustClose(t, l)
	o.FS = errorfs.Wrap(o.FS, failing)
	return mustOpen(t, "data", o), middle
}

func TestAReadThatFailsOnceCostsNothing(t *testing.T) {
	for k := int64(1); ; k++ {
		failing := &failingRead{k: k}
		l, _ := openTables(t, failing)
		failing.armed.Store(true)
		leases, _, err := l.Take("crm", 100)
		if err != nil && (len(leases) > 0 || !errors.Is(err, queue.ErrUnavailable)) {
			t.Fatalf("read %d failed: %d leases, error %v", k, len(leases), err)
		}
		failing.armed.Store(false)
		leases = append(leases, take(t, l, "crm", 100)...)
		if len(leases) != 100 || l.Stats().Corrupt != 0 {
			t.Fatalf("read %d failed: %d can be taken, %d unreadable", k, len(leases), l.Stats().Corrupt)
		}
		mustClose(t, l)
		if failing.seen.Load() < k {
			if k < 5 {
				t.Fatalf("only %d reads were made to fail", k-1)
			}
			return
		}
	}
}

func TestAReplayThatCannotReadLeavesItsDeliveryInTheLane(t *testing.T) {
	failing := &failingRead{}
	l, middle := openTables(t, failing)
	defer mustClose(t, l)
	n := l.lane("crm")
	n.seize(middle.seq)
	l.pick(n, 100) // meanwhile
	failing.armed.Store(true)
	if _, err := l.replay(n, middle, false); !errors.Is(err, queue.ErrUnavailable) {
		t.Fatalf("replay: %v", err)
	}
	failing.armed.Store(false)
	if got := take(t, l, "crm", 5); len(got) != 1 {
		t.Errorf("took %d, want the one", len(got))
	}
}

func TestASweepGoesOnAfterWhatFails(t *testing.T) {
	failing := &failingRead{}
	l, _ := openTables(t, failing)
	defer mustClose(t, l)
	before, err := l.readMark()
	if err != nil {
		t.Fatal(err)
	}
	failing.armed.Store(true)
	if err := l.Sweep(t.Context()); !errors.Is(err, queue.ErrUnavailable) {
		t.Fatalf("Sweep: %v", err)
	}
	failing.armed.Store(false)
	if after, err := l.readMark(); err != nil || after.clock <= before.clock {
		t.Errorf("the mark stands where it was: %v", err)
	}
}
