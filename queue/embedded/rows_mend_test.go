package embedded

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A row that a failed delivery holds keeps all its members, however often it is
// looked at: else the last ones would be forgotten.
func TestARowThatIsHeldKeepsItsMembersWhenItIsReviewed(t *testing.T) {
	o := Options{FS: vfs.NewMem()}
	l := mustOpen(t, "data", o)
	accept(t, l, entryIn("ada", "e1", "crm"), entryIn("ada", "e2", "crm"), entryIn("ada", "e3", "crm"))
	first := takeOne(t, l, "crm", "e1")
	id := first.Delivery().ID
	mustDo(t, first.Settle(t.Context(), queue.Outcome{State: event.Failed, Class: event.Gone, Hold: true, Attempt: &event.Attempt{}}))
	for range 3 {
		b := l.batch()
		b.set(recountKey, nil)
		mustDo(t, l.store.apply(b, pebble.Sync))
		mustClose(t, l)
		l = mustOpen(t, "data", o)
	}
	defer mustClose(t, l)
	checkRows(t, l)
	if n := len(take(t, l, "crm", 5)); n != 0 {
		t.Fatalf("%d go on beside the one that holds", n)
	}
	_, err := l.Replay(t.Context(), id)
	mustDo(t, err)
	for _, want := range []string{"e1", "e2", "e3"} {
		settle(t, takeOne(t, l, "crm", want), event.Delivered)
	}
	checkRowsGone(t, l)
}

// One that comes to stand while rows are looked at may have been passed already.
func TestARowThatComesToStandMeanwhileIsLookedAtAgain(t *testing.T) {
	var l *Line
	var looking atomic.Bool
	l = openMem(t, Options{Now: func() time.Time {
		if looking.Load() { // somebody is given the turn
			l.astand.Store(true) // as settleAstand does
		}
		return time.Now()
	}})
	accept(t, l, entryIn("ada", "e1", "crm"))
	rewrite(t, l, inTurns, func(key, value []byte) {
		turn, err := decodeTurn(key, value)
		mustDo(t, err)
		turn.now = ref{}
		copy(value, turn.encode(key))
	})
	l.astand.Store(true)
	looking.Store(true)
	mustDo(t, l.reorderAstand(t.Context()))
	looking.Store(false)
	if !l.astand.Load() {
		t.Error("it is forgotten")
	}
	mustDo(t, l.reorderAstand(t.Context()))
	if l.astand.Load() {
		t.Error("it is looked at for ever")
	}
	takeOne(t, l, "crm", "e1")
}
