package embedded

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/queue"
)

// What follows from many records is written by parts, so that memory does not grow
// with what waits, and gives signs of life.
func TestARebuildingWritesByParts(t *testing.T) {
	l := openMem(t, Options{FS: vfs.NewMem()})
	parts := 0
	w := &rebuilding{r: &remnant{}, to: l.store, b: l.batch(), alive: func() { parts++ }}
	const rows = 45_000
	for i := range rows { // and as many ids whose events are gone
		w.set(rowKey{1, queue.OrderOf(fmt.Sprint(i))}.member(ref{uint64(i), 1}), nil)
		id := nameOfID(fmt.Sprintf("%032d", i)).key()
		w.set(id, (&accepted{seq: uint64(i)}).encode(nil, id))
	}
	mustDo(t, w.write())
	for what, do := range map[string]func() error{"turns": w.turns, "ids": w.settleEvents} {
		parts = 0
		mustDo(t, do(), w.write())
		if parts < 3 {
			t.Errorf("the %s of %d were written in %d parts", what, rows, parts)
		}
	}
	all, err := l.allRows()
	if err != nil || len(all) != rows {
		t.Errorf("%d rows are there, of %d: %v", len(all), rows, err)
	}
}
