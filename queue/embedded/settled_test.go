package embedded

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// unwritten is how many settled deliveries are to be written yet.
func unwritten(l *Line) int {
	l.settled.mu.Lock()
	defer l.settled.mu.Unlock()
	return len(l.settled.ended)
}

// However soon somebody looks, a delivery that was settled has ended.
func TestWhatIsSettledIsSeenAtOnce(t *testing.T) {
	for name, look := range map[string]func(t *testing.T, l *Line, id string) bool{
		"delivery": func(t *testing.T, l *Line, id string) bool {
			d, err := l.Delivery(t.Context(), id)
			return err == nil && d.State == event.Delivered && len(d.Attempts) == 1
		},
		"event": func(t *testing.T, l *Line, _ string) bool {
			_, owed, err := l.Event(t.Context(), "e1")
			return err == nil && owed[0].State == event.Delivered
		},
		"list": func(t *testing.T, l *Line, _ string) bool {
			page, err := l.List(t.Context(), queue.Filter{States: []event.State{event.Delivered}})
			return err == nil && len(page.Deliveries) == 1
		},
		"lanes": func(t *testing.T, l *Line, _ string) bool {
			lanes, err := l.Lanes(t.Context())
			return err == nil && lanes[0].Pending == 0 && lanes[0].Delivered == 1
		},
		"replay": func(t *testing.T, l *Line, id string) bool {
			_, err := l.Replay(t.Context(), id)
			return err == nil && len(take(t, l, "crm", 1)) == 1
		},
		"move": func(t *testing.T, l *Line, _ string) bool {
			m, err := l.Move(t.Context(), "crm", "erp")
			return err == nil && m == queue.Moved{}
		},
		"sweep": func(t *testing.T, l *Line, id string) bool {
			err := l.Sweep(t.Context())
			_, gone := l.Delivery(t.Context(), id)
			return err == nil && gone == queue.ErrNotFound
		},
		"room": func(t *testing.T, l *Line, _ string) bool { // history gives way
			big := entryOf("big", "crm")
			big.Event.Data = fmt.Appendf(nil, `"%600s"`, "")
			_, err := l.Accept(t.Context(), []queue.Entry{big})
			return err == nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := Options{MaxBytes: 1000}
				if name == "sweep" {
					o.RetainDelivered = -1
				}
				l := openMem(t, o)
				accept(t, l, entryOf("e1", "crm"))
				lease := take(t, l, "crm", 1)[0]
				before := l.Stats().Bytes
				settle(t, lease, event.Delivered)
				if n := unwritten(l); n != 1 {
					t.Fatalf("%d are to be written: it is seen in any case", n)
				}
				if after := l.Stats().Bytes; after <= before {
					t.Errorf("%d bytes are counted after it, %d before", after, before)
				}
				if !look(t, l, lease.Delivery().ID) {
					t.Error("it is not")
				}
				checkCounts(t, l)
			})
		})
	}
}

func TestWhatIsSettledGoesToDiskWithWhatIsAccepted(t *testing.T) {
	for name, order := range map[string]queue.Order{"alone": {}, "in an order": queue.OrderOf("contact 7")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fs := vfs.NewCrashableMem()
				l := openMem(t, Options{FS: fs})
				accept(t, l, entryOf("e1", "crm"))
				settle(t, take(t, l, "crm", 1)[0], event.Delivered)
				next := entryOf("e2", "crm")
				next.Owed[0].Order = order
				accept(t, l, next)
				after := openMem(t, Options{FS: fs.CrashClone(vfs.CrashCloneCfg{})})
				if d := onlyDelivery(t, after, "e1"); d.State != event.Delivered {
					t.Errorf("after a crash it is %s", d.State)
				}
				checkCounts(t, after)
			})
		})
	}
}

func TestWhatIsSettledDoesNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openMem(t, Options{})
		const n = 3*mostSettled + 10
		accept(t, l, several(n)...)
		for _, s := range take(t, l, "crm", n) {
			settle(t, s, event.Delivered)
			if n := unwritten(l); n >= mostSettled {
				t.Fatalf("%d are to be written", n)
			}
		}
		if n := unwritten(l); n != 10 {
			t.Errorf("%d are to be written at last", n)
		}
		checkCounts(t, l)
	})
}

// What was settled is synced with what is accepted, and owes no sync then, but for
// the mark, which is written now and then.
func TestAnAcceptPaysForWhatWasSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openMem(t, Options{})
		accept(t, l, several(2)...)
		leases := take(t, l, "crm", 2)
		for i, owed := range []bool{false, true} {
			time.Sleep(time.Duration(i) * markEvery)
			if i == 0 {
				if err := l.Sweep(t.Context()); err != nil { // writes the mark
					t.Fatal(err)
				}
			}
			settle(t, leases[i], event.Delivered)
			accept(t, l, entryOf(fmt.Sprint("next", i), "crm"))
			if got := l.arrear.paid(); got != owed {
				t.Errorf("%v after the mark a sync is owed: %t", time.Duration(i)*markEvery, got)
			}
		}
	})
}
