package agent

import (
	"testing"
	"time"

	"github.com/posternhq/postern/console"
)

func TestRecentKeepsTheLastAndCountsTheRest(t *testing.T) {
	r := newRecent(time.UnixMicro(5000))
	if got := r.since(0); len(got.Attempts) != 0 || got.Next != 5000 || got.Missed != 0 {
		t.Errorf("none: %+v", got)
	}
	for i := range recentKept + 10 {
		r.note(console.Ended{Number: i})
	}
	all := r.since(0) // of an agent before it, whose attempts count for nothing
	if len(all.Attempts) != recentKept || all.Missed != 10 || all.Attempts[0].Number != 10 || all.Attempts[recentKept-1].Number != recentKept+9 {
		t.Errorf("all: %d, missed %d", len(all.Attempts), all.Missed)
	}
	last := r.since(all.Next - 2)
	if len(last.Attempts) != 2 || last.Missed != 0 || last.Attempts[1].Number != recentKept+9 {
		t.Errorf("last: %+v", last)
	}
	if got := r.since(all.Next); len(got.Attempts) != 0 || got.Next != all.Next {
		t.Errorf("at the end: %+v", got)
	}
}
