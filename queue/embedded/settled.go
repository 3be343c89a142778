package embedded

import (
	"maps"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/queue"
)

// Settled is what was settled, and is written with what is written next: events that
// are accepted, a call that wants to see it, or the mark that is owed to it. Until
// then its deliveries stay out of reach.
type settled struct {
	mu    sync.Mutex
	b     batch // their records
	ended []ending

	writing sync.Mutex // held until all see what was taken out to be written
}

// An ending is that of a delivery.
type ending struct {
	n      *lane
	at     place // where it waited
	change counts
}

const (
	mostSettled      = 256       // deliveries that wait to be written
	mostSettledBytes = 128 << 10 // of their records
)

// settleSoon is settle of a delivery that ends, and is in no order.
func (l *Line) settleSoon(n *lane, d *delivery, to state, o queue.Outcome) error {
	if l.settled.add(l, n, d, to, o) {
		return l.writeSettled()
	}
	return nil
}

// add tells whether so much is there that it has to be written.
func (s *settled) add(l *Line, n *lane, d *delivery, to state, o queue.Outcome) (full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.b.Batch == nil {
		s.b = l.batch()
	}
	at := d.place()
	_, change := l.record(s.b, n, d, to, o)
	l.bytes.Add(change.bytes)
	s.ended = append(s.ended, ending{n, at, change})
	return len(s.ended) >= mostSettled || s.b.Len() >= mostSettledBytes
}

// take takes everything out.
func (s *settled) take() (b batch, all []ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, all = s.b, s.ended
	s.b, s.ended = batch{}, nil
	return b, all
}

// writeSettled lets all see what was settled before.
func (l *Line) writeSettled() error {
	l.settled.writing.Lock()
	defer l.settled.writing.Unlock()
	b, all := l.settled.take()
	if len(all) == 0 {
		return nil
	}
	sum := laneChanges{}
	b.end(all, sum)
	b.countAll(sum)
	if err := l.store.apply(b, pebble.NoSync); err != nil {
		return err
	}
	endAll(all)
	return nil
}

// applyBesideSettled is applyFirst, with what was settled. b lacks the changes of
// counts yet.
func (l *Line) applyBesideSettled(b batch, c laneChanges) (wait func() error, err error) {
	l.settled.writing.Lock()
	defer l.settled.writing.Unlock()
	records, all := l.settled.take()
	if len(all) > 0 {
		c = maps.Clone(c)
		b.append(records)
		b.end(all, c)
	}
	b.countAll(c)
	wait, err = l.store.applyFirst(b)
	if err == nil {
		endAll(all)
	}
	return wait, err
}

// end removes the places of what has ended, and adds what that changes.
func (b batch) end(all []ending, sum laneChanges) {
	for i := range all {
		e := &all[i]
		b.remove(waitingKey(e.n.num, e.at))
		sum.add(e.n, e.change)
	}
}

func endAll(all []ending) {
	for i := range all {
		all[i].n.end(all[i].at.seq, nil, all[i].change)
	}
}
