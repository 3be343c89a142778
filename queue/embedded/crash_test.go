package embedded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A story is a run of random calls, and what the line has answered for.
type story struct {
	t        *testing.T
	l        queue.Line
	rng      *rand.Rand
	clock    *fakeClock
	next     int
	accepted map[string]int // deliveries by event
	leases   []queue.Lease
}

// step makes one call, and returns its error.
func (s *story) step() error {
	lane := string(rune('a' + s.rng.IntN(3)))
	s.clock.advance(time.Duration(s.rng.IntN(2000)) * time.Millisecond)
	switch k := s.rng.IntN(22); {
	case k < 8:
		return s.accept()
	case k < 12:
		leases, _, err := s.l.Take(lane, 1+s.rng.IntN(4))
		s.leases = append(s.leases, leases...)
		return err
	case k < 17 && len(s.leases) > 0:
		return s.settle()
	case k == 17:
		return s.l.Stop(s.t.Context(), map[string]bool{lane: s.rng.IntN(2) == 0})
	case k == 18:
		page, err := s.l.List(s.t.Context(), queue.Filter{States: []event.State{event.Failed}})
		if err != nil || len(page.Deliveries) == 0 {
			return err
		}
		_, err = s.l.Replay(s.t.Context(), page.Deliveries[s.rng.IntN(len(page.Deliveries))].ID)
		if errors.Is(err, queue.ErrNotFound) {
			return nil
		}
		return err
	case k == 19:
		return s.l.Sweep(s.t.Context())
	case k == 20:
		_, err := s.l.Move(s.t.Context(), lane, map[string]string{"a": "b", "b": "c", "c": "a"}[lane])
		return err
	case k == 21:
		_, err := s.l.LetGo(s.t.Context(), lane)
		return err
	}
	return nil
}

func (s *story) accept() error {
	var entries []queue.Entry
	for range 1 + s.rng.IntN(3) {
		s.next++
		e := entryOf(fmt.Sprint("e", s.next))
		for _, lane := range []string{"a", "b", "c"}[:s.rng.IntN(4)] {
			o := queue.Owed{Lane: lane, State: event.Pending}
			if n := s.rng.IntN(4); n < 2 {
				o.Order = queue.OrderOf(fmt.Sprint("contact ", n))
			}
			e.Owed = append(e.Owed, o)
		}
		entries = append(entries, e)
	}
	receipts, err := s.l.Accept(s.t.Context(), entries)
	if errors.Is(err, queue.ErrFull) {
		return nil
	}
	for i, r := range receipts {
		s.accepted[r.ID] = len(entries[i].Owed)
	}
	return err
}

func (s *story) settle() error {
	i := s.rng.IntN(len(s.leases))
	lease := s.leases[i]
	s.leases = append(s.leases[:i], s.leases[i+1:]...)
	o := queue.Outcome{State: event.Delivered, Class: event.OK, Attempt: &event.Attempt{At: s.clock.now(), Class: event.OK}}
	switch s.rng.IntN(4) {
	case 0:
		return ended(lease.Release())
	case 1:
		o.State, o.Class, o.Wait = event.Pending, event.Timeout, time.Second
		o.Said = &event.Said{Method: "POST", Payload: []byte("{}")}
		o.Attempt.ResponseBody = []byte("busy")
	case 2:
		o.State, o.Class, o.Hold = event.Failed, event.Gone, s.rng.IntN(2) == 0
	}
	err := lease.Settle(s.t.Context(), o)
	if errors.Is(err, queue.ErrUnavailable) {
		s.leases = append(s.leases, lease) // its attempt goes on trying
	}
	return ended(err)
}

// ended forgives a lease that its line has outlived.
func ended(err error) error {
	if errors.Is(err, queue.ErrSettled) {
		return nil
	}
	return err
}

// check looks at a line after a crash: everything accepted is there, and what
// waits can be taken.
func (s *story) check(l *Line, all bool) {
	s.t.Helper()
	checkCounts(s.t, l)
	if n := l.Stats().Corrupt; n != 0 {
		s.t.Fatalf("%d records are unreadable", n)
	}
	checkRows(s.t, l)
	for id, owed := range s.accepted {
		_, deliveries, err := l.Event(s.t.Context(), id)
		if all && (err != nil || len(deliveries) != owed) {
			s.t.Fatalf("%s was accepted with %d deliveries, and has %d: %v", id, owed, len(deliveries), err)
		}
	}
	s.clock.advance(time.Hour)
	for _, n := range l.lanes() {
		if err := l.Stop(s.t.Context(), map[string]bool{n.name: false}); err != nil {
			s.t.Fatal(err)
		}
	}
	s.clock.advance(time.Hour)
	for _, n := range l.lanes() {
		want := n.counts.of[pending]
		if _, err := l.LetGo(s.t.Context(), n.name); err != nil {
			s.t.Fatal(err)
		}
		if got := takeInTurns(s.t, l, n.name); int64(got) != want {
			s.t.Fatalf("lane %s: %d wait, %d can be taken", n.name, want, got)
		}
	}
	checkRowsGone(s.t, l)
}

// takeInTurns takes all that a lane has, and delivers what is in an order, so
// that the next one's turn comes.
func takeInTurns(t *testing.T, l *Line, lane string) (taken int) {
	t.Helper()
	for {
		leases := take(t, l, lane, 100_000)
		if len(leases) == 0 {
			return taken
		}
		at := map[queue.Order]string{}
		for _, s := range leases {
			taken++
			order := s.(*lease).d.order
			if order == (queue.Order{}) {
				continue
			}
			if other := at[order]; other != "" {
				t.Fatalf("%s and %s are leased at once", other, s.Delivery().EventID)
			}
			at[order] = s.Delivery().EventID
			settle(t, s, event.Delivered)
		}
	}
}

// checkRows checks that each row has as many members as it says, among them the
// first and the one that has the turn.
func checkRows(t *testing.T, l *Line) {
	t.Helper()
	rows, err := l.allRows()
	if err != nil {
		t.Fatal(err)
	}
	in := map[rowKey][]ref{}
	for _, n := range l.lanes() {
		all, err := l.membersOf(inMembers, n.num, laneKey(inMembers, n.num), 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			in[m.row] = append(in[m.row], m.ref)
		}
	}
	if len(in) != len(rows) {
		t.Fatalf("%d rows have turns, %d have members", len(rows), len(in))
	}
	for _, row := range rows {
		turn, err := l.readTurn(row)
		members := in[row]
		if err != nil || turn.members != len(members) || turn.first != members[0] || turn.now != (ref{}) && !slices.Contains(members, turn.now) {
			t.Fatalf("turn %+v of %v: %v", turn, members, err)
		}
	}
}

// checkRowsGone checks that nothing is left of rows when all that was in one has
// ended.
func checkRowsGone(t *testing.T, l *Line) {
	t.Helper()
	for _, in := range []byte{inMembers, inTurns, inHolds} {
		err := l.store.ascend([]byte{in}, []byte{in + 1}, func(it *pebble.Iterator) (bool, error) {
			return false, fmt.Errorf("%x is left over", it.Key())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestNothingAcknowledgedIsLostInACrash(t *testing.T) {
	long(t)
	for _, c := range []struct {
		name string
		o    Options
		all  bool // nothing is past its retention
	}{
		{"keeping all", Options{}, true},
		{"removing", Options{MaxBytes: 20 << 10, RetainDelivered: time.Minute, RetainFailed: 2 * time.Minute}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(4) {
				rng := rand.New(rand.NewPCG(seed, 1))
				fs := vfs.NewCrashableMem()
				s := &story{t: t, rng: rng, clock: newFakeClock(), accepted: map[string]int{}}
				o := c.o
				o.FS, o.Now = fs, s.clock.now
				for crash := range 8 {
					l := mustOpen(t, "data", o)
					s.l, s.leases = l, nil
					for range rng.IntN(60 * (crash + 1)) { // the first ones soon after the beginning
						if err := s.step(); err != nil {
							t.Fatal(err)
						}
					}
					after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
					mustClose(t, l)
					o.FS = after.CrashClone(vfs.CrashCloneCfg{})
					l = mustOpen(t, "data", o)
					s.check(l, c.all)
					mustClose(t, l)
					fs, o.FS = after, after // the story goes on where the crash left it
				}
			}
		})
	}
}

func TestWhatIsSaidToBeOnDiskIsThereAfterACrash(t *testing.T) {
	for name, do := range map[string]func(l *Line, id string) error{
		"replay": func(l *Line, id string) error { _, err := l.Replay(t.Context(), id); return err },
		"note":   func(l *Line, _ string) error { return l.Note(t.Context(), "crm", []byte("n")) },
		"stop":   func(l *Line, _ string) error { return l.Stop(t.Context(), map[string]bool{"crm": true}) },
	} {
		t.Run(name, func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			l := openMem(t, Options{FS: fs})
			accept(t, l, entryOf("e1", "crm"))
			settle(t, take(t, l, "crm", 1)[0], event.Failed)
			accept(t, l, entryOf("e2", "other")) // and with it the end of e1
			if err := do(l, onlyDelivery(t, l, "e1").ID); err != nil {
				t.Fatal(err)
			}
			want, err := l.Lanes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			after := openMem(t, Options{FS: fs.CrashClone(vfs.CrashCloneCfg{})})
			got, err := after.Lanes(t.Context())
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

// A dyingDisk fails every write to Pebble's log from the k-th on, once armed.
type dyingDisk struct {
	k     int64
	armed atomic.Bool
	seen  atomic.Int64
}

func (d *dyingDisk) MaybeError(op errorfs.Op) error {
	if !d.armed.Load() || !strings.HasSuffix(op.Path, ".log") || op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
		return nil
	}
	if d.seen.Add(1) >= d.k {
		return errorfs.ErrInjected
	}
	return nil
}

func (d *dyingDisk) String() string { return "dying disk" }

func (d *dyingDisk) dead() bool { return d.seen.Load() >= d.k }

func TestAFailedWriteIsNeverASuccess(t *testing.T) {
	for k := int64(1); ; k++ {
		if disk := failFrom(t, k); !disk.dead() {
			if k < 5 {
				t.Fatalf("only %d writes were made to fail", k-1)
			}
			return
		}
	}
}

// failFrom tells a story on a disk that dies.
func failFrom(t *testing.T, k int64) *dyingDisk {
	fs, disk := vfs.NewCrashableMem(), &dyingDisk{k: k}
	s := &story{t: t, rng: rand.New(rand.NewPCG(7, 7)), clock: newFakeClock(), accepted: map[string]int{}}
	o := Options{Now: s.clock.now, FS: errorfs.Wrap(fs, disk)}
	broken := mustOpen(t, "data", o)
	s.l = broken
	disk.armed.Store(true)
	var err error
	for i := 0; i < 40 && err == nil; i++ {
		err = s.step()
	}
	if err == nil {
		err = s.accept()
	}
	if !disk.dead() {
		if err != nil {
			t.Fatal(err)
		}
		if err := s.l.Close(); err != nil && !disk.dead() {
			t.Fatal(err)
		}
		return disk
	}
	if !errors.Is(err, queue.ErrUnavailable) {
		t.Fatalf("write %d failed, and the line said %v", k, err)
	}
	select {
	case <-broken.Broken():
	default:
		t.Fatal("Broken is not closed")
	}
	if err := s.accept(); !errors.Is(err, queue.ErrUnavailable) {
		t.Fatalf("after a failed write the line said %v", err)
	}
	if _, _, err := s.l.Take("a", 1); !errors.Is(err, queue.ErrUnavailable) {
		t.Fatalf("after a failed write the line said %v", err)
	}
	o.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	_ = s.l.Close() // says that the storage fails; what matters is that it returns
	l := mustOpen(t, "data", o)
	s.check(l, true)
	mustClose(t, l)
	return disk
}
