package embedded

import (
	"context"
	"errors"

	"github.com/posternhq/postern/queue"
)

// A search for room goes on where the last one stopped.
type search struct {
	from ref

	// enough is how many deliveries have to be discardable before it is worth
	// another search: a line full of what waits must not be read at each refusal.
	// A Sweep forgets it.
	enough int64
}

// discard removes history until least bytes are freed, or it has all gone:
// delivered and skipped deliveries first, then failed ones. Of the former it
// takes more than asked for, so that not every Accept has to. kept is held for
// writing.
func (l *Line) discard(least int64) error {
	freed, err := l.search(&l.history.delivered, max(least, l.o.MaxBytes/64), delivered, skipped, unowed)
	if err != nil || freed >= least {
		return err
	}
	_, err = l.search(&l.history.failed, least-freed, failed)
	return err
}

// search discards what is in one of the states, oldest first from where the
// last search stopped, then from the start.
func (l *Line) search(s *search, goal int64, in ...state) (freed int64, err error) {
	there := l.countOf(in)
	if there == 0 || there < s.enough {
		return 0, nil
	}
	p := policy{now: l.clock.read(), discard: true}
	for i := range p.retain {
		p.retain[i] = never
	}
	for _, i := range in {
		p.retain[i] = 0
	}
	starts := []ref{s.from}
	if s.from != (ref{}) {
		starts = append(starts, ref{})
	}
	var seen int64
	for _, from := range starts {
		m := &removal{l: l, policy: p, from: from, most: goal - freed}
		for !m.done && m.freed < m.most {
			if err := m.step(); err != nil {
				return freed, err
			}
		}
		freed += m.freed
		seen += m.seen
		if freed >= goal {
			s.from, s.enough = m.from, 0
			if m.done {
				s.from = ref{}
			}
			return freed, nil
		}
	}
	s.from, s.enough = ref{}, l.countOf(in)+max(1, seen/1000)
	return freed, nil
}

// countOf counts deliveries of all lanes, and events that owe nothing.
func (l *Line) countOf(in []state) (total int64) {
	l.lanesMu.RLock()
	defer l.lanesMu.RUnlock()
	for _, n := range l.byNum {
		n.mu.Lock()
		for _, s := range in {
			total += n.counts.of[s]
		}
		n.mu.Unlock()
	}
	return total
}

// makeRoom discards what is over MaxBytes, and a part of history while the file
// system is nearly full, oldest first.
func (l *Line) makeRoom(context.Context) error {
	least := l.bytes.Load() - l.o.MaxBytes
	full := errors.Is(l.space.room(0), queue.ErrFull)
	if full {
		least = max(least, l.o.MaxBytes/16)
	}
	l.kept.Lock()
	defer l.kept.Unlock()
	l.history.delivered, l.history.failed = search{}, search{} // the next search is worth it
	if least <= 0 {
		return nil
	}
	if err := l.discard(least); err != nil || !full {
		return err
	}
	return l.store.flush() // or the space would not come back before the next one
}
