package embedded

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/queuetest"
)

func TestAKeptLineKeepsThePromise(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, o queuetest.Options) queue.Line {
		k, err := OpenKeeper(o.Dir, Options{
			MaxBytes: o.MaxBytes, RetainDelivered: o.RetainDelivered, RetainFailed: o.RetainFailed, Now: o.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		return k
	})
}

// accepts posts one event to the lane "crm".
func (r *keptRig) accepts(id string) error {
	_, err := r.k.Accept(r.t.Context(), []queue.Entry{entryOf(id, "crm")})
	return err
}

func (r *keptRig) take(n int) []queue.Lease {
	r.t.Helper()
	leases, _, err := r.k.Take("crm", n)
	if err != nil {
		r.t.Fatal(err)
	}
	return leases
}

// fail breaks the storage, and has it fail until it is mended.
func (r *keptRig) fail(err error) {
	r.t.Helper()
	r.faults.begin(1, false, err)
	if err := r.accepts("lost"); !errors.Is(err, queue.ErrUnavailable) {
		r.t.Fatalf("a failing disk: %v", err)
	}
	r.step() // sees it
}

func TestALeaseOfABrokenLineIsVoidAndItsDeliveryDueAgainOnceItHasEnded(t *testing.T) {
	delivered := queue.Outcome{State: event.Delivered, Attempt: &event.Attempt{Class: event.OK}}
	for name, end := range map[string]func(queue.Lease) error{
		"settled":  func(s queue.Lease) error { return s.Settle(t.Context(), delivered) },
		"released": func(s queue.Lease) error { return s.Release() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newKeptRig(t, Options{})
			for _, id := range []string{"e1", "e2", "e3"} {
				if err := r.accepts(id); err != nil {
					t.Fatal(err)
				}
			}
			under := r.take(2)
			id := under[0].Delivery().ID
			r.fail(syscall.EIO)
			if err := under[1].Settle(t.Context(), delivered); !errors.Is(err, queue.ErrUnavailable) {
				t.Errorf("Settle while the storage fails: %v", err)
			}
			for range 2 { // a second outage while the attempts go on
				r.faults.mend()
				r.recover()
				if err := r.accepts("e4"); err != nil {
					t.Fatal(err)
				}
				next := r.take(10)
				for _, s := range next {
					if s.Delivery().ID == id || s.Delivery().ID == under[1].Delivery().ID {
						t.Fatal("a delivery is leased whose attempt has not ended")
					}
					if err := s.Release(); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := r.k.Replay(t.Context(), id); !errors.Is(err, queue.ErrLeased) {
					t.Errorf("Replay of what is under way: %v", err)
				}
				r.fail(syscall.EIO)
			}
			r.faults.mend()
			r.recover()
			for _, s := range under {
				if err := end(s); !errors.Is(err, queue.ErrSettled) {
					t.Errorf("the end of a void lease: %v", err)
				}
			}
			again := r.take(10)
			if len(again) < 3 || again[0].Delivery().ID != id {
				t.Fatalf("%d deliveries are due after the attempts have ended", len(again))
			}
			if err := under[0].Release(); !errors.Is(err, queue.ErrSettled) {
				t.Errorf("a second end of a void lease: %v", err)
			}
			if more := r.take(10); len(more) > 0 {
				t.Error("the second end of a void lease has ended the new one")
			}
		})
	}
}

func TestAnOutageIsSaidOnceAndItsEndToo(t *testing.T) {
	core, said := observer.New(zap.InfoLevel)
	r := newKeptRig(t, Options{Log: zap.New(core)})
	r.fail(syscall.EIO)
	for range 5 {
		r.step()
	}
	trouble := r.k.Trouble()
	if trouble == nil || !errors.Is(trouble.Cause, syscall.EIO) || trouble.Since.After(r.clock.now()) {
		t.Errorf("trouble %+v", trouble)
	}
	r.faults.mend()
	r.recover()
	if err := r.accepts("e1"); err != nil {
		t.Error(err)
	}
	fails, back := said.FilterMessageSnippet("the storage fails"), said.FilterMessageSnippet("the storage is back")
	if fails.Len() != 1 || back.Len() != 1 {
		t.Errorf("said: %+v", said.All())
	}
}

func TestAnOutageHasABoundUnlessTheDiskIsFull(t *testing.T) {
	for fault, ends := range map[error]bool{syscall.EIO: true, syscall.EROFS: true, syscall.ENOSPC: false} {
		r := newKeptRig(t, Options{})
		began := r.clock.now()
		r.fail(fault)
		var final error
		for final == nil && r.clock.now().Sub(began) < 2*longestOutage {
			var wait time.Duration
			wait, _, final = r.k.step()
			r.clock.advance(max(wait, time.Millisecond))
		}
		lasted := r.clock.now().Sub(began)
		switch {
		case ends && (!errors.Is(final, fault) || !strings.Contains(final.Error(), "goes on after a restart")):
			t.Errorf("%v: it ended with %v", fault, final)
		case ends && (lasted < longestOutage || lasted > longestOutage+2*lastReopen):
			t.Errorf("%v: given up after %v", fault, lasted)
		case !ends && final != nil:
			t.Errorf("%v: it ended with %v", fault, final)
		}
	}
}

func TestWhatCannotBeMendedEndsAtOnce(t *testing.T) {
	r := newKeptRig(t, Options{})
	if err := r.accepts("e1"); err != nil {
		t.Fatal(err)
	}
	r.fail(syscall.EIO)
	r.faults.mend()
	write(t, r.fs, "data/format", "postern-line 2\n")
	if _, _, err := r.k.step(); !errors.Is(err, queue.ErrNewerFormat) {
		t.Errorf("a newer format: %v", err)
	}
}

func TestALineThatWasEmptiedIsNotBegunAnew(t *testing.T) {
	r := newKeptRig(t, Options{})
	if err := r.accepts("e1"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.fs.RemoveAll("data/line"), r.fs.Remove("data/format")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r.step()
	}
	if r.k.Trouble() == nil {
		t.Error("a line whose files are gone is well")
	}
	if _, err := r.fs.Stat("data/format"); err == nil {
		t.Error("another line was begun")
	}
}

// What could not be written of a lane holds in memory, also over an outage.
func TestAStoppedClockOutlivesAnOutage(t *testing.T) {
	r := newKeptRig(t, Options{})
	if err := r.accepts("e1"); err != nil {
		t.Fatal(err)
	}
	r.faults.begin(1, false, syscall.EIO)
	if err := r.k.Stop(t.Context(), map[string]bool{"crm": true}); !errors.Is(err, queue.ErrUnavailable) {
		t.Fatalf("Stop on a failing disk: %v", err)
	}
	r.step()
	r.clock.advance(time.Hour)
	r.faults.mend()
	r.recover()
	if lanes, err := r.k.Lanes(t.Context()); err != nil || !lanes[0].Stopped {
		t.Fatalf("lanes %+v, %v", lanes, err)
	}
	if err := r.k.Stop(t.Context(), map[string]bool{"crm": false}); err != nil {
		t.Fatal(err)
	}
	if age := r.take(1)[0].Delivery().Age; age > time.Minute {
		t.Errorf("it aged by %v while its lane stood still", age)
	}
}

// A flush is Pebble's own work: what fails there must not end the process.
func TestAFailureBehindOurBackBreaksTheLineAndNothingElse(t *testing.T) {
	for _, kind := range []string{"MANIFEST", ".sst", "marker"} {
		r := newKeptRig(t, Options{Fatal: func(err error) { t.Errorf("the process would end: %v", err) }})
		if err := r.accepts("e1"); err != nil {
			t.Fatal(err)
		}
		r.faults.only = func(op errorfs.Op) bool { return strings.Contains(op.Path, kind) }
		r.faults.begin(1, false, syscall.EIO)
		l := r.k.line.Load()
		if err := l.store.work(func() error { return l.store.db.Flush() }); err != nil && !errors.Is(err, queue.ErrUnavailable) {
			t.Fatal(err)
		}
		if kind != "marker" && !r.broken() { // only an opening writes that
			t.Errorf("%s could not be written, and the line is well", kind)
		}
		r.faults.mend()
		if r.broken() {
			r.recover()
		}
		if err := r.accepts("e2"); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatPebbleCannotSurviveEndsTheProcessOnlyFromItsOwnGoroutines(t *testing.T) {
	told := make(chan error, 1)
	log := pebbleLog{zap.NewNop(), func(err error) { told <- err; panic("the process ends") }}
	s := &store{log: zap.NewNop(), broken: make(chan struct{})}
	err := s.work(func() error { log.Fatalf("no %s", "way"); return nil })
	if !errors.Is(err, queue.ErrUnavailable) || len(told) > 0 {
		t.Errorf("in a call of ours: %v", err)
	}
	own := make(chan any)
	go func() {
		defer func() { own <- recover() }()
		log.Fatalf("no %s", "way")
	}()
	<-own
	select {
	case err := <-told:
		if !strings.Contains(err.Error(), "no way") {
			t.Errorf("the process ends with %v", err)
		}
	default:
		t.Error("nobody was told")
	}
}

// A compaction that fails is tried again, and costs nobody anything.
func TestAFailedCompactionLeavesTheLineWell(t *testing.T) {
	r := newKeptRig(t, Options{})
	r.faults.only = func(op errorfs.Op) bool { return op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") }
	l := r.k.line.Load()
	for i := 0; len(r.faults.came()) == 0; i++ { // Pebble may be quicker with it, before it fails
		if i == 100 {
			t.Fatal("no compaction was made to fail")
		}
		r.faults.mend()
		mustDo(t, r.accepts(fmt.Sprint("e", i)), l.store.db.Flush())
		r.faults.begin(1, true, syscall.ENOSPC)
		_ = compact(t.Context(), l, r.faults.first) // it may have been made again already
	}
	if err := r.accepts("after"); err != nil || r.broken() {
		t.Errorf("after a failed compaction: %v", err)
	}
}

func TestAnUnreadableRecordThatCannotBeMovedIsCountedOnce(t *testing.T) {
	l := openMem(t, Options{})
	for range 3 {
		l.countStuck([]byte("d1"))
	}
	l.countStuck([]byte("d2"))
	if n := l.Stats().Corrupt; n != 2 {
		t.Errorf("%d records are counted, there are 2", n)
	}
}

func TestWhatWasCountedOutlivesAnOutage(t *testing.T) {
	r := newKeptRig(t, Options{})
	if err := r.accepts("e1"); err != nil {
		t.Fatal(err)
	}
	flip(t, r.k.line.Load(), inDeliveries)
	if leases := r.take(1); len(leases) > 0 {
		t.Fatal("an unreadable delivery is leased")
	}
	r.fail(syscall.EIO)
	r.faults.mend()
	r.recover()
	if n := r.k.Stats().Corrupt; n != 1 {
		t.Errorf("%d records are counted, there was 1", n)
	}
}

// What was recorded last is not on disk, so a delivery comes again whose like has
// gone out after it. It waits for that one's attempt, as its order wants.
func TestWhatIsInOneOrderIsNotAttemptedBesideAnAttemptOfABrokenLine(t *testing.T) {
	r := newKeptRig(t, Options{})
	for _, id := range []string{"e1", "e2"} {
		e := entryOf(id, "crm")
		e.Owed[0].Order = queue.OrderOf("contact 1")
		_, err := r.k.Accept(t.Context(), []queue.Entry{e})
		mustDo(t, err)
	}
	settle(t, r.take(10)[0], event.Delivered)
	second := r.take(10)
	if len(second) != 1 || second[0].Delivery().EventID != "e2" {
		t.Fatalf("%d are leased after e1", len(second))
	}
	r.fail(syscall.EIO)
	r.faults.mend()
	r.recover()
	if early := r.take(10); len(early) > 0 {
		t.Fatalf("%s is attempted beside e2", early[0].Delivery().EventID)
	}
	if err := second[0].Release(); !errors.Is(err, queue.ErrSettled) {
		t.Errorf("the end of a void lease: %v", err)
	}
	for _, want := range []string{"e1", "e2"} {
		leases := r.take(10)
		if len(leases) != 1 || leases[0].Delivery().EventID != want {
			t.Fatalf("%d are leased, and not %s alone", len(leases), want)
		}
		settle(t, leases[0], event.Delivered)
	}
}
