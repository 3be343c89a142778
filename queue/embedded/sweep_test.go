package embedded

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestNothingIsRemovedAroundAnAcceptUnderWay(t *testing.T) {
	l := openMem(t, Options{RetainDelivered: -1, RetainFailed: -1})
	deliver := func(from, n int) {
		for i := range n {
			accept(t, l, entryOf(fmt.Sprint("e", from+i), "crm"))
		}
		for _, lease := range take(t, l, "crm", n) {
			settle(t, lease, event.Delivered)
		}
	}
	left := func() int64 {
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		return l.lane("crm").counts.of[delivered]
	}
	deliver(0, 40)
	_, landed := l.takeOff(1)
	deliver(100, 50)
	if got := left(); got != 50 {
		t.Errorf("%d are left while an older one is under way, want the 50 after it", got)
	}
	landed()
	if got := left(); got != 0 {
		t.Errorf("%d are left", got)
	}
	checkCounts(t, l)
}

func TestASeqIsNotUsedAgainThoughItsEventIsGone(t *testing.T) {
	fs, clock := vfs.NewCrashableMem(), newFakeClock()
	l := openMem(t, Options{FS: fs, Now: clock.now, RetainDelivered: -1})
	accept(t, l, entryOf("e1", "crm"))
	settle(t, take(t, l, "crm", 1)[0], event.Delivered)
	see(t, l)
	if err := l.expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.store.db.Flush(); err != nil {
		t.Fatal(err)
	}
	clock.advance(-time.Hour)
	after := openMem(t, Options{FS: fs.CrashClone(vfs.CrashCloneCfg{}), Now: clock.now})
	if got := records(t, after); got["e"] != 0 || after.seq < l.seq {
		t.Errorf("%v; the highest seq was %d, and is %d after the crash", got, l.seq, after.seq)
	}
}

// With what can't be compared any more an event under the same id would be taken for a
// repetition, and lost.
func TestAMadeUpIDWhoseEventIsGoneIsAConflict(t *testing.T) {
	l := openMem(t, Options{RetainDelivered: -1})
	e := entryOf("evt_1", "crm")
	e.MadeUp = true
	accept(t, l, e)
	settle(t, take(t, l, "crm", 1)[0], event.Delivered)
	if err := l.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := records(t, l)["e"]; n != 0 {
		t.Fatalf("%d events are left", n)
	}
	e.MadeUp = false
	var conflict *queue.ConflictError
	if _, err := l.Accept(t.Context(), []queue.Entry{e}); !errors.As(err, &conflict) || conflict.ID != "evt_1" {
		t.Errorf("accepted: %v", err)
	}
}

// records counts what is stored under each letter.
func records(t *testing.T, l *Line) map[string]int {
	t.Helper()
	n := map[string]int{}
	err := l.store.ascend([]byte{0}, []byte{0xff}, func(it *pebble.Iterator) (bool, error) {
		n[string(it.Key()[:1])]++
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHistoryLeavesNoRecordBehind(t *testing.T) {
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now, RetainDelivered: time.Hour, RetainFailed: time.Hour})
	for i := range 200 {
		e := entryOf(fmt.Sprint("e", i), "a", "b")
		e.Key = fmt.Sprint("key ", i)
		if i%50 == 7 {
			e.Owed = append(e.Owed, queue.Owed{Lane: "late", State: event.Pending}) // breaks the runs
		}
		accept(t, l, e)
	}
	end := func(lane string) {
		for _, state := range []event.State{event.Pending, event.Failed} { // with payloads and bodies
			for _, lease := range take(t, l, lane, 1000) {
				settle(t, lease, state)
			}
		}
	}
	end("a")
	end("b")
	clock.advance(2 * time.Hour)
	if err := l.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := records(t, l)
	if got["e"] != 4 || got["d"] != 4 || got["p"] != 0 || got["b"] != 0 || got["w"] != 4 || got["i"] != 200 {
		t.Errorf("with four that wait: %v", got)
	}
	end("late")
	clock.advance(48 * time.Hour)
	for range 2 {
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.advance(time.Hour)
	}
	got = records(t, l)
	for _, in := range []string{"e", "d", "p", "b", "w", "i", "k", "x", "q"} {
		if got[in] != 0 {
			t.Errorf("%d records are left under %s", got[in], in)
		}
	}
	checkCounts(t, l)
}

func TestALineFullOfWhatWaitsIsNotSearchedAtEachRefusal(t *testing.T) {
	s := search{enough: 5}
	l := openMem(t, Options{})
	accept(t, l, entryOf("e1", "crm"))
	settle(t, take(t, l, "crm", 1)[0], event.Delivered)
	see(t, l)
	l.kept.Lock()
	defer l.kept.Unlock()
	if freed, err := l.search(&s, 1, delivered); freed != 0 || err != nil {
		t.Errorf("freed %d, %v, with too few to search for", freed, err)
	}
	s.enough = 1
	if freed, err := l.search(&s, 1, delivered); freed == 0 || err != nil || s.enough != 0 {
		t.Errorf("freed %d, %v, enough %d", freed, err, s.enough)
	}
	if freed, err := l.search(&s, 1, delivered); freed != 0 || err != nil {
		t.Errorf("freed %d, %v, of nothing", freed, err)
	}
}

func TestAfterASweepAnyHistoryGivesWay(t *testing.T) {
	l := openMem(t, Options{MaxBytes: 1 << 20})
	full := func(id string, more int) bool {
		e := entryOf(id, "crm")
		e.Event.Data = append(e.Event.Data, strings.Repeat(" ", more)...)
		_, err := l.Accept(t.Context(), []queue.Entry{e})
		if err != nil && !errors.Is(err, queue.ErrFull) {
			t.Fatal(err)
		}
		return err != nil
	}
	fill := func(prefix string) {
		for i := 0; !full(fmt.Sprint(prefix, i), 0); i++ {
		}
	}
	fill("e")
	settle(t, take(t, l, "crm", 1)[0], event.Delivered)
	if !full("large", 5000) || l.history.delivered.enough < 2 { // the search was in vain
		t.Fatal("a large one found room")
	}
	fill("f")
	settle(t, take(t, l, "crm", 1)[0], event.Delivered)
	if !full("new", 0) {
		t.Fatal("one delivery was worth a search")
	}
	if err := l.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if full("new", 0) {
		t.Error("refused, though a delivered one could give way")
	}
	checkCounts(t, l)
}
