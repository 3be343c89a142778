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
