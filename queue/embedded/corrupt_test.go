package embedded

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// aside lists the keys of the records set aside.
func aside(t *testing.T, l *Line) (keys [][]byte) {
	t.Helper()
	err := l.store.ascend([]byte{inAside}, []byte{inAside + 1}, func(it *pebble.Iterator) (bool, error) {
		keys = append(keys, bytes.Clone(it.Key()[1:len(it.Key())-8]))
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func checkAside(t *testing.T, l *Line, key []byte) {
	t.Helper()
	if got := aside(t, l); len(got) != 1 || !bytes.Equal(got[0], key) {
		t.Errorf("set aside %x, want %x", got, key)
	}
	if got := l.Stats().Corrupt; got != 1 {
		t.Errorf("%d records are counted as unreadable, want 1", got)
	}
}

func TestAnUnreadableRecordCostsOneDeliveryAndIsSeen(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    byte
		after error // of the replay
		error string
	}{
		{"event", inEvents, queue.ErrGone, "the stored event is unreadable and was set aside"},
		{"delivery", inDeliveries, nil, "its record was unreadable and was set aside; how it stood is not known"},
		{"payload", inSaid, nil, "the stored payload is unreadable and was set aside; a replay makes it anew"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := openMem(t, Options{})
			accept(t, l, entryOf("e1", "crm"))
			settle(t, take(t, l, "crm", 1)[0], event.Pending)
			id := onlyDelivery(t, l, "e1").ID
			key := flip(t, l, c.in)
			accept(t, l, entryOf("e2", "crm"))

			leases := take(t, l, "crm", 5)
			if len(leases) != 1 || leases[0].Delivery().EventID != "e2" {
				t.Fatalf("took %d, want e2 alone", len(leases))
			}
			settle(t, leases[0], event.Delivered)
			checkAside(t, l, key)
			d, err := l.Delivery(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			last := d.Attempts[len(d.Attempts)-1]
			if d.State != event.Failed || d.EventID != "e1" || last.Error != c.error {
				t.Errorf("delivery %+v", d)
			}
			if _, err := l.Replay(t.Context(), id); err != c.after {
				t.Fatalf("Replay: %v, want %v", err, c.after)
			}
			if c.after == nil {
				settle(t, take(t, l, "crm", 5)[0], event.Delivered)
			}
			if c.in != inDeliveries { // then it is counted anew at the next opening
				checkCounts(t, l)
			}
		})
	}
}

func TestUnreadableBesideTheRoad(t *testing.T) {
	t.Run("id", func(t *testing.T) {
		l := openMem(t, Options{})
		accept(t, l, entryOf("e1", "crm"))
		checkAsideAfter(t, l, inIDs, func() {
			accept(t, l, entryOf("e1", "crm"))
			if n := len(take(t, l, "crm", 5)); n != 2 {
				t.Errorf("took %d, want 2: rather twice than not at all", n)
			}
		})
	})
	t.Run("body", func(t *testing.T) {
		l := openMem(t, Options{})
		accept(t, l, entryOf("e1", "crm"))
		settle(t, take(t, l, "crm", 1)[0], event.Failed)
		flip(t, l, inBodies)
		d := onlyDelivery(t, l, "e1")
		if len(d.Attempts) != 1 || d.Attempts[0].ResponseBody != nil {
			t.Errorf("attempts %+v", d.Attempts)
		}
	})
	t.Run("ended delivery", func(t *testing.T) {
		l := openMem(t, Options{})
		accept(t, l, entryOf("e1", "crm"), entryOf("e2", "crm"))
		for _, s := range take(t, l, "crm", 5) {
			settle(t, s, event.Delivered)
		}
		checkAsideAfter(t, l, inDeliveries, func() {
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := onlyDelivery(t, l, "e1"); d.State != event.Failed || d.Type != "contact.subscribed" {
				t.Errorf("delivery %+v", d)
			}
		})
	})
	t.Run("place", func(t *testing.T) {
		l := openMem(t, Options{})
		accept(t, l, entryOf("e1", "crm"))
		r, _ := parseID(onlyDelivery(t, l, "e1").ID)
		mustClose(t, l)
		l = mustOpen(t, "data", Options{FS: l.o.FS})
		defer mustClose(t, l)
		b := l.batch()
		b.removeFrom([]byte{inWaiting}, []byte{inWaiting + 1})
		b.set(waitingKey(r.lane, place{due: 7, seq: r.seq}), nil)
		b.set(waitingKey(r.lane, place{due: 8, seq: 12345}), nil)
		if err := l.store.apply(b, pebble.Sync); err != nil {
			t.Fatal(err)
		}
		leases := take(t, l, "crm", 5)
		if len(leases) != 1 || l.Stats().Corrupt != 2 {
			t.Fatalf("took %d, %d unreadable", len(leases), l.Stats().Corrupt)
		}
		settle(t, leases[0], event.Delivered)
		checkCounts(t, l)
	})
}

func checkAsideAfter(t *testing.T, l *Line, in byte, do func()) {
	t.Helper()
	key := flip(t, l, in)
	do()
	checkAside(t, l, key)
}

func TestUnreadableAtOpening(t *testing.T) {
	for name, c := range map[string]struct {
		in    byte
		lane  string // where the delivery is then
		aside int
	}{
		"lane":     {inLanes, "crm", 1}, // it is known by its second record
		"mark":     {inMark, "crm", 1},
		"counts":   {inCounts, "crm", 0},
		"delivery": {inDeliveries, "crm", 1},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{FS: vfs.NewCrashableMem()}
			l := mustOpen(t, "data", o)
			accept(t, l, entryOf("e1", "crm"), entryOf("e2", "crm"))
			settle(t, take(t, l, "crm", 1)[0], event.Failed)
			highest := l.seq
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c.in == inMark { // Close would write it anew
				flip(t, l, c.in)
				if err := l.store.close(); err != nil {
					t.Fatal(err)
				}
				_ = l.lock.Close()
			} else {
				flip(t, l, c.in)
				if c.in == inDeliveries {
					b := l.batch()
					b.set(recountKey, nil)
					if err := l.store.apply(b, pebble.Sync); err != nil {
						t.Fatal(err)
					}
				}
				mustClose(t, l)
			}
			l = mustOpen(t, "data", o)
			defer mustClose(t, l)
			if got := aside(t, l); len(got) != c.aside {
				t.Errorf("set aside %x", got)
			}
			checkCounts(t, l)
			if l.seq < highest {
				t.Error("a seq can be given out twice")
			}
			leases := take(t, l, c.lane, 5)
			if len(leases) != 1 || leases[0].Delivery().EventID != "e2" {
				t.Fatalf("took %d in %s", len(leases), c.lane)
			}
			accept(t, l, entryOf("e3", "crm"))
			if n := len(take(t, l, "crm", 5)); n != 1 {
				t.Fatalf("took %d new ones", n)
			}
		})
	}
}
