package embedded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
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

// A beforeSync does something before each sync of Pebble's log.
type beforeSync struct{ do atomic.Pointer[func()] }

func (s *beforeSync) MaybeError(op errorfs.Op) error {
	sync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
	if do := s.do.Load(); do != nil && sync && strings.HasSuffix(op.Path, ".log") {
		(*do)()
	}
	return nil
}

func (s *beforeSync) String() string { return "before a sync" }

func TestAMoveThatACrashCutOffGoesOn(t *testing.T) {
	const n = moveAtOnce + 100
	clock, hook := newFakeClock(), new(beforeSync)
	files, rng := vfs.NewCrashableMem(), rand.New(rand.NewPCG(3, 3))
	l := mustOpen(t, "data", Options{FS: errorfs.Wrap(files, hook), Now: clock.now})
	ids := moveable(t, l, clock, n)
	var mu sync.Mutex
	var crashed []*vfs.MemFS
	crash := func() {
		mu.Lock()
		defer mu.Unlock()
		for _, percent := range []int{0, rng.IntN(101)} {
			crashed = append(crashed, files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng}))
		}
	}
	hook.do.Store(&crash)
	sum, err := l.Move(t.Context(), "old", "new")
	if err != nil || sum != (queue.Moved{Moved: n}) {
		t.Fatalf("moved %+v, error %v", sum, err)
	}
	hook.do.Store(nil)
	crash()
	mustClose(t, l)
	parts := map[int64]bool{}
	for _, files := range crashed {
		l := mustOpen(t, "data", Options{FS: files, Now: clock.now})
		parts[checkHalf(t, l, n)] = true
		if _, err := l.Move(t.Context(), "old", "new"); err != nil {
			t.Fatal(err)
		}
		checkAllMoved(t, l, ids)
		mustClose(t, l)
	}
	if d := cmp.Diff(map[int64]bool{0: true, moveAtOnce: true, n: true}, parts); d != "" {
		t.Errorf("in the new lane after the crashes (-want +got):\n%s", d)
	}
}

func TestWhatIsBeingMovedIsNotLeased(t *testing.T) {
	clock, hook := newFakeClock(), new(beforeSync)
	o := Options{FS: errorfs.Wrap(vfs.NewCrashableMem(), hook), Now: clock.now}
	l := mustOpen(t, "data", o)
	moveable(t, l, clock, 10)
	if err := l.Stop(t.Context(), map[string]bool{"old": false, "new": false}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	l = mustOpen(t, "data", o) // and what waits is read from disk
	defer mustClose(t, l)
	syncs := 0
	look := func() {
		syncs++
		for try := 0; try < 100_000 && places(t, l, "new") == 0; try++ {
			runtime.Gosched() // it can be read before it is synced
		}
		for _, lane := range []string{"old", "new"} {
			if leases, _, err := l.Take(lane, 10); err != nil || len(leases) > 0 {
				t.Errorf("%d are leased in %s: %v", len(leases), lane, err)
			}
		}
	}
	hook.do.Store(&look)
	if _, err := l.Move(t.Context(), "old", "new"); err != nil {
		t.Fatal(err)
	}
	hook.do.Store(nil)
	if syncs == 0 {
		t.Fatal("nothing was synced")
	}
	if n := len(take(t, l, "new", 20)); n != 10 {
		t.Errorf("%d can be taken, want 10", n)
	}
}

func TestWhereNothingComesToWait(t *testing.T) {
	const landed = 1000
	line := newClock(newFakeClock().now, mark{})
	now := line.read()
	for name, c := range map[string]struct {
		n    *lane
		want place
	}{
		"a lane that moves":   {&lane{}, place{due: now}},
		"one that stood":      {&lane{stood: 7}, place{due: now - 7}},
		"one that stands":     {&lane{since: now - 5, stood: 7}, place{due: now - 12, seq: landed}},
		"something is leased": {&lane{out: map[uint64]place{3: {due: now - 9, seq: 3}, 4: {due: now + 9, seq: 4}}}, place{due: now - 9, seq: 3}},
		"something is begun":  {&lane{since: now, out: map[uint64]place{3: {due: now, seq: 3}}}, place{due: now, seq: 3}},
		"something is seized": {&lane{out: map[uint64]place{3: {due: lowest.due, seq: 3}}}, place{due: lowest.due, seq: 3}},
	} {
		c.n.line = line
		if got := c.n.settled(landed); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// moveable fills lane old with deliveries that have been attempted once, and
// returns their ids in the order in which they are due.
func moveable(t *testing.T, l *Line, clock *fakeClock, n int) (ids []string) {
	t.Helper()
	entries := make([]queue.Entry, n)
	for i := range entries {
		entries[i] = entryOf(fmt.Sprint("e", i), "old")
	}
	accept(t, l, entries...)
	for _, s := range take(t, l, "old", n) {
		settle(t, s, event.Pending)
		ids = append(ids, s.Delivery().ID)
		clock.advance(time.Millisecond)
	}
	if err := l.Stop(t.Context(), map[string]bool{"old": true}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// checkHalf wants every delivery in one of the lanes, and returns how many are
// in the new one.
func checkHalf(t *testing.T, l *Line, n int64) (moved int64) {
	t.Helper()
	checkCounts(t, l)
	waits := map[string]int64{}
	for _, lane := range l.lanes() {
		waits[lane.name] = lane.counts.of[pending]
		if stored := places(t, l, lane.name); stored != waits[lane.name] {
			t.Errorf("lane %s: %d places are stored, %d wait", lane.name, stored, waits[lane.name])
		}
	}
	if waits["old"]+waits["new"] != n {
		t.Errorf("%v wait, want %d", waits, n)
	}
	return waits["new"]
}

// places counts what is stored as waiting in a lane.
func places(t *testing.T, l *Line, name string) (stored int64) {
	t.Helper()
	n := l.lane(name)
	err := l.store.ascend(laneKey(inWaiting, n.num), laneKey(inWaiting, n.num+1), func(*pebble.Iterator) (bool, error) {
		stored++
		return true, nil
	})
	if err != nil {
		t.Error(err)
	}
	return stored
}

// checkAllMoved wants every delivery in the new lane once, as it was.
func checkAllMoved(t *testing.T, l *Line, ids []string) {
	t.Helper()
	checkHalf(t, l, int64(len(ids)))
	if l.Stats().Corrupt != 0 {
		t.Error("something is unreadable")
	}
	leases := take(t, l, "new", 2*len(ids))
	if len(leases) != len(ids) {
		t.Fatalf("%d can be taken, want %d", len(leases), len(ids))
	}
	for i, s := range leases {
		d := s.Delivery()
		if d.ID != ids[i] || d.Charged != 1 || d.Said == nil || d.Webhook != "new" {
			t.Fatalf("delivery %d is %+v, want %s", i, d, ids[i])
		}
	}
}

func TestAnUnreadableDeliveryIsNotMovedButSeen(t *testing.T) {
	for name, c := range map[string]struct {
		before bool // the move
		lane   string
	}{"before": {true, "old"}, "after": {false, "new"}} {
		t.Run(name, func(t *testing.T) {
			l := openMem(t, Options{})
			accept(t, l, entryOf("e1", "old"), entryOf("e2", "old"))
			var key []byte
			if c.before {
				key = flip(t, l, inDeliveries)
			}
			sum, err := l.Move(t.Context(), "old", "new")
			if err != nil || (sum.Moved == 2) == c.before {
				t.Fatalf("moved %+v: %v", sum, err)
			}
			if !c.before {
				key = flip(t, l, inDeliveries)
			}
			if leases := take(t, l, "new", 5); len(leases) != 1 || leases[0].Delivery().EventID != "e2" {
				t.Errorf("took %d, want e2 alone", len(leases))
			}
			checkAside(t, l, key)
			if d := onlyDelivery(t, l, "e1"); d.State != event.Failed || d.Webhook != c.lane {
				t.Errorf("delivery %+v", d)
			}
			o := l.o
			mustClose(t, l)
			l = mustOpen(t, "data", o)
			defer mustClose(t, l)
			checkCounts(t, l)
		})
	}
}

func TestAMoveGoesRoundDamage(t *testing.T) {
	const n = 300
	o := Options{FS: vfs.NewMem()}
	l := mustOpen(t, "data", o)
	lanes := []string{"old"}
	for i := range 40 { // so that most of the file is deliveries
		lanes = append(lanes, fmt.Sprint("lane", i))
	}
	for i := range n {
		accept(t, l, entryOf(fmt.Sprint("e", i), lanes...))
	}
	mustClose(t, l)
	mustClose(t, mustOpen(t, "data", o)) // brings it from the log to a table
	damage(t, o.FS)

	l = mustOpen(t, "data", o)
	defer mustClose(t, l)
	sum, err := l.Move(t.Context(), "old", "new")
	if err != nil || sum.Moved == n || sum.Moved < n*9/10 || sum.Owed != 0 {
		t.Fatalf("moved %+v: %v", sum, err)
	}
	if got := len(take(t, l, "new", n)); int64(got) != sum.Moved {
		t.Errorf("%d can be taken, %d were moved", got, sum.Moved)
	}
}

// A bustle is all that can go on in three lanes while deliveries are moved
// between them.
type bustle struct {
	*testing.T
	l *Line

	mu     sync.Mutex
	leased map[string]bool
}

var bustling = []string{"a", "b", "c"}

func (b *bustle) move(rng *rand.Rand) error {
	from := rng.IntN(3)
	_, err := b.l.Move(b.Context(), bustling[from], bustling[(from+1+rng.IntN(2))%3])
	return err
}

func (b *bustle) attempt(rng *rand.Rand) error {
	leases, _, err := b.l.Take(bustling[rng.IntN(3)], 20)
	for _, s := range leases {
		b.lease(s.Delivery().ID, true)
	}
	for _, s := range leases {
		b.lease(s.Delivery().ID, false)
		err = errors.Join(err, s.Settle(b.Context(), queue.Outcome{State: event.Pending}))
	}
	return err
}

func (b *bustle) lease(id string, begins bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leased[id] == begins {
		b.Errorf("%s is leased twice", id)
	}
	b.leased[id] = begins
}

func (b *bustle) stop(rng *rand.Rand) error {
	return b.l.Stop(b.Context(), map[string]bool{bustling[rng.IntN(3)]: rng.IntN(2) == 0})
}

func (b *bustle) replay(rng *rand.Rand) error {
	page, err := b.l.List(b.Context(), queue.Filter{Limit: 20, Lanes: bustling[rng.IntN(3):]})
	for _, d := range page.Deliveries {
		if _, no := b.l.Replay(b.Context(), d.ID); no != nil && !errors.Is(no, queue.ErrLeased) {
			err = errors.Join(err, no)
		}
	}
	return err
}

// around does all of that until accept returns.
func (b *bustle) around(accept func()) {
	var all sync.WaitGroup
	done := make(chan struct{})
	for i, do := range []func(*rand.Rand) error{b.move, b.move, b.attempt, b.attempt, b.stop, b.replay} {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := do(rng); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	accept()
	close(done)
	all.Wait()
}

func TestMovingLosesNothingWhileAllElseGoesOn(t *testing.T) {
	const calls, each = 200, 15
	var later atomic.Int64
	l := mustOpen(t, t.TempDir(), Options{Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	defer mustClose(t, l)
	b := &bustle{T: t, l: l, leased: map[string]bool{}}
	b.around(func() {
		for i := range calls {
			entries := make([]queue.Entry, each)
			for j := range entries {
				entries[j] = entryOf(fmt.Sprint("e", i, "-", j), bustling[(i+j)%3])
			}
			accept(t, l, entries...)
		}
	})
	checkCounts(t, l)
	if err := l.Stop(t.Context(), map[string]bool{"a": false, "b": false, "c": false}); err != nil {
		t.Fatal(err)
	}
	later.Store(int64(time.Hour)) // than what came during a move to a clock that was stopped meanwhile
	seen := map[string]bool{}
	for _, name := range bustling {
		for _, s := range take(t, l, name, 2*calls*each) {
			seen[s.Delivery().ID] = true
		}
	}
	if len(seen) != calls*each {
		t.Errorf("%d can be taken, want %d", len(seen), calls*each)
	}
}
