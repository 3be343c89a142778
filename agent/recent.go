package agent

import (
	"sync"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/outbound"
)

// recentKept is how many ended attempts are kept for those who look on.
const recentKept = 1000

// A recent has the last attempts that ended, in a ring. Their numbers go on from
// where no agent before it has come: it counts from the microsecond of its start.
type recent struct {
	mu    sync.Mutex
	begin uint64 // number of the first one
	next  uint64 // number of the next one
	ring  []console.Ended
}

func newRecent(start time.Time) *recent {
	n := uint64(start.UnixMicro())
	return &recent{begin: n, next: n}
}

func (r *recent) note(e console.Ended) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ring) < recentKept {
		r.ring = append(r.ring, e)
	} else {
		r.ring[(r.next-r.begin)%recentKept] = e
	}
	r.next++
}

// since are those with the number from and above; missed is how many of them are
// not kept any more.
func (r *recent) since(from uint64) console.Tail {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := console.Tail{Attempts: []console.Ended{}, Next: r.next}
	if from = max(from, r.begin); from >= r.next {
		return t
	}
	kept := max(r.begin, r.next-uint64(len(r.ring)))
	if from < kept {
		t.Missed, from = kept-from, kept
	}
	for ; from < r.next; from++ {
		t.Attempts = append(t.Attempts, r.ring[(from-r.begin)%recentKept])
	}
	return t
}

// Recent tells how the last attempts ended.
func (a *Agent) Recent(from uint64) console.Tail { return a.recent.since(from) }

// endedOf is a report as the console tells it.
func endedOf(r outbound.Report, at time.Time) console.Ended {
	e := console.Ended{
		At: at.UTC(), Delivery: r.Delivery, EventID: r.EventID, Type: r.Type, Webhook: r.Webhook, State: r.State, Class: r.Class,
		Number: r.Number, DurationMS: r.Duration.Milliseconds(),
	}
	if status := r.Status; status != 0 {
		e.Status = &status // not into the report, of which the ring would keep all
	}
	if text := r.Error; text != "" {
		e.Error = &text
	}
	if !r.Next.IsZero() {
		next := r.Next.UTC()
		e.Next = &next
	}
	return e
}
