package embedded

import (
	"testing"

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

// Without its name a lane goes to no webhook, and its number to no other.
func TestALaneThatLostItsNameKeepsItsNumber(t *testing.T) {
	o := Options{FS: vfs.NewMem()}
	l := mustOpen(t, "data", o)
	accept(t, l, entryOf("e1", "crm"))
	b := l.batch()
	b.removeFrom([]byte{inLanes}, []byte{inLanes + 1})
	b.removeFrom([]byte{inNames}, []byte{inNames + 1})
	mustDo(t, l.store.apply(b, pebble.Sync))
	mustClose(t, l)
	r, err := Repair("data", o)
	if err != nil || r.WithoutLane != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	l = mustOpen(t, "data", o)
	defer mustClose(t, l)
	accept(t, l, entryOf("e2", "shop"))
	if got := take(t, l, "shop", 5); len(got) != 1 || got[0].Delivery().EventID != "e2" {
		t.Errorf("shop gets %d", len(got))
	}
	if got := take(t, l, "unreadable-1", 5); len(got) != 1 || got[0].Delivery().EventID != "e1" {
		t.Errorf("%d wait without a webhook", len(got))
	}
}
