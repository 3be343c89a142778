package embedded

import (
	"testing"

	"github.com/posternhq/postern/event"
)

// What a later build wrote, and this one does not know, is not guessed at.
func TestARecordOfALaterVersionCostsOneDeliveryAndIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		in     byte
		newest byte
	}{"event": {inEvents, eventVersion}, "delivery": {inDeliveries, recordVersion}} {
		t.Run(name, func(t *testing.T) {
			l := openMem(t, Options{})
			accept(t, l, entryOf("e1", "crm"))
			id := onlyDelivery(t, l, "e1").ID
			key := rewrite(t, l, c.in, func(key, value []byte) { sealAs(c.newest+1, key, value) })
			accept(t, l, entryOf("e2", "crm"))
			leases := take(t, l, "crm", 5)
			if len(leases) != 1 || leases[0].Delivery().EventID != "e2" {
				t.Fatalf("took %d, want e2 alone", len(leases))
			}
			checkAside(t, l, key)
			if d, err := l.Delivery(t.Context(), id); err != nil || d.State != event.Failed {
				t.Errorf("delivery %+v, error %v", d, err)
			}
		})
	}
}
