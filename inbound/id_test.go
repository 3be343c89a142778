package inbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

// However the clock is set: no id is made up twice, they rise while it stands, and
// those of an early time sort before those of a late one.
func TestIDsOfAClockThatIsSet(t *testing.T) {
	ids, seen := newIDs(), map[string]bool{}
	at := time.Unix(3, 0)
	for _, by := range []time.Duration{0, 56 * 365 * 24 * time.Hour, -24 * time.Hour, time.Hour, -time.Millisecond, 0, 80 * 365 * 24 * time.Hour, -80 * 365 * 24 * time.Hour} {
		at = at.Add(by)
		last := ""
		for range 1000 {
			id := ids.next(at)
			if seen[id] || id <= last || event.WrongID(id) != "" {
				t.Fatalf("at %v: %s after %s", at, id, last)
			}
			seen[id], last = true, id
		}
	}
	if early, late := ids.next(time.Unix(3, 0)), ids.next(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)); early >= late {
		t.Errorf("%s of 1970 sorts behind %s of 2100", early, late)
	}
}
