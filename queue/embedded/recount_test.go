package embedded

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/queue"
)

// A long recovery gives signs of life: a service manager would end a silent one.
func TestARecoveryTellsThatItGetsOn(t *testing.T) {
	o := Options{FS: vfs.NewCrashableMem()}
	l := mustOpen(t, "data", o)
	for batch := range 2 {
		entries := make([]queue.Entry, stride)
		for i := range entries {
			entries[i] = entryOf(fmt.Sprintf("e-%d-%d", batch, i), "crm")
		}
		accept(t, l, entries...)
	}
	b := l.batch()
	b.set(recountKey, nil)
	if err := l.store.apply(b, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	signs := 0
	o.Recovering = func() { signs++ }
	l = mustOpen(t, "data", o)
	defer mustClose(t, l)
	if signs != 4 { // before and after the store is open, and one for each stride
		t.Errorf("%d signs of life", signs)
	}
	checkCounts(t, l)
}
