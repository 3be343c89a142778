package embedded

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/queue"
)

var everyOperation = flag.Bool("every-operation", false, "make each file operation fail, and not one of four")

// Each operation on files fails in turn, once and for good. What the line has
// answered for is on the disk all the same; it refuses while it fails, and comes
// back in the same process.
func TestEachOperationOnFilesMayFail(t *testing.T) {
	long(t)
	stride := 4
	if *everyOperation {
		stride = 1
	}
	for _, once := range []bool{true, false} {
		t.Run(fmt.Sprintf("once=%v", once), func(t *testing.T) {
			failed := 0
			for from := 1; ; from += stride {
				if !ordeal(t, from, once, faultOf(from/stride)) {
					break
				}
				failed++
			}
			if failed < 100/stride {
				t.Errorf("only %d operations were made to fail", failed)
			}
			t.Logf("%d operations were made to fail", failed)
		})
	}
}

func faultOf(i int) error {
	return []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS}[i%3]
}

// ordeal tells a story on a disk that fails from one operation on, and tells
// whether it got so far.
func ordeal(t *testing.T, from int, once bool, fault error) bool {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(from), 3))
	r := newKeptRig(t, Options{})
	s := &trial{rig: r, leased: map[string]bool{}, story: story{
		t: t, l: r.k, rng: rng, clock: r.clock, accepted: map[string]int{},
	}}
	r.faults.begin(from, once, fault)
	for i := range 50 {
		err := s.stepOrWork(i)
		if err != nil && !errors.Is(err, queue.ErrUnavailable) {
			t.Fatalf("%v failed, and the line said %v", r.faults.came(), err)
		}
		if r.broken() {
			s.outage(once)
		}
		if t.Failed() {
			t.Fatalf("failed at operation %d, %v (once: %v): %v", from, r.faults.came(), once, fault)
		}
	}
	hit := len(r.faults.came()) > 0
	r.faults.mend()
	if r.broken() {
		r.recover()
	}
	for _, lease := range s.leases {
		if err := ended(lease.Release()); err != nil {
			t.Fatal(err)
		}
	}
	l := r.after(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
	s.check(l, true)
	mustClose(t, l)
	live := r.k.line.Load()
	if err := live.reorderAstand(t.Context()); err != nil { // what could not be read while the disk failed
		t.Fatal(err)
	}
	s.check(live, true)
	return hit
}

// A trial is a story whose disk fails.
type trial struct {
	story
	rig    *keptRig
	leased map[string]bool
}

// stepOrWork makes a call, or has Pebble do now what it does now and then.
func (s *trial) stepOrWork(i int) error {
	defer s.countLeases()
	switch l := s.rig.k.line.Load(); i % 12 {
	case 7:
		return l.store.work(func() error { return l.store.db.Flush() })
	case 11:
		err := l.store.work(func() error { return compact(s.t.Context(), l, s.rig.faults.first) })
		if failed := l.store.failure(); err != nil {
			return failed // by itself it is made another time
		}
	}
	return s.step()
}

// compact waits for a compaction until something fails: then it may never end.
func compact(ctx context.Context, l *Line, failed <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-failed:
			cancel()
		case <-ctx.Done():
		}
	})
	err := l.store.db.Compact(ctx, []byte{0}, []byte{255}, false)
	cancel()
	watching.Wait()
	return err
}

// work calls Pebble as the store does.
func (s *store) work(do func() error) (err error) {
	if err := s.failure(); err != nil {
		return err
	}
	defer s.catch(&err)
	return do()
}

// countLeases sees that no delivery is leased twice.
func (s *trial) countLeases() {
	now := map[string]bool{}
	for _, lease := range s.leases {
		id := lease.Delivery().ID
		if now[id] {
			s.t.Errorf("%s is leased twice at once", id)
		}
		now[id] = true
	}
}

// outage sees what a line does that has failed, and has it come back. An attempt
// that was under way goes on meanwhile.
func (s *trial) outage(once bool) {
	s.t.Helper()
	r := s.rig
	if err := s.accept(); !errors.Is(err, queue.ErrUnavailable) {
		s.t.Fatalf("a broken line answered %v", err)
	}
	cut := r.after(vfs.CrashCloneCfg{})
	for id, owed := range s.accepted {
		if _, ds, err := cut.Event(s.t.Context(), id); err != nil || len(ds) != owed {
			s.t.Fatalf("%s was accepted with %d deliveries, and a restart finds %d: %v", id, owed, len(ds), err)
		}
	}
	if n := cut.Stats().Corrupt; n > 0 {
		s.t.Fatalf("a restart finds %d records unreadable", n)
	}
	mustClose(s.t, cut)
	if !once {
		r.step()
		r.step()
		if err := s.accept(); len(r.faults.came()) > 1 && r.broken() && !errors.Is(err, queue.ErrUnavailable) {
			s.t.Fatalf("a line that can't be opened answered %v", err)
		}
		r.faults.mend()
	}
	r.recover()
}

// The same while a line is being opened, the first time and again: that fails, with
// why, or succeeds, and the next opening finds what was there.
func TestEachOperationOfAnOpeningMayFail(t *testing.T) {
	long(t)
	for _, fresh := range []bool{true, false} {
		for _, once := range []bool{true, false} {
			from := 1
			for openingFails(t, fresh, once, from) {
				from++
			}
			if from < 10 {
				t.Errorf("only %d operations were made to fail", from-1)
			}
		}
	}
}

// openingFails tells whether an opening got to the operation that fails.
func openingFails(t *testing.T, fresh, once bool, from int) bool {
	t.Helper()
	f := &faults{}
	o := Options{FS: errorfs.Wrap(vfs.NewCrashableMem(), f)}
	if !fresh {
		l := mustOpen(t, "data", o)
		accept(t, l, entryOf("e1", "crm"))
		mustClose(t, l)
	}
	fault := faultOf(from)
	f.begin(from, once, fault)
	k, err := OpenKeeper("data", o)
	if err != nil && !errors.Is(err, fault) {
		t.Errorf("%v failed, and the opening said %v", f.came(), err)
	}
	if err == nil {
		_ = k.Close() // may fail, too
	}
	hit := len(f.came()) > 0
	f.mend()
	l := mustOpen(t, "data", o)
	defer mustClose(t, l)
	if !fresh {
		onlyDelivery(t, l, "e1")
	}
	accept(t, l, entryOf("e2", "crm"))
	return hit
}
