package embedded

import (
	"sync"
)

// Together is what was set going while another batch was on its way to disk: it goes
// there in one batch, too. Whoever began it writes it for all; so nobody waits for
// company, and one who is alone for nobody.
type together struct {
	mu   sync.Mutex
	open *group        // who comes joins it, if it has room; nil: who comes begins one
	turn chan struct{} // full while a group is being written
}

// mostTogether bounds the bytes of a group, as reserved, so that it does not keep its
// first waiting for long, nor fill a table in memory. One Accept may have more.
const mostTogether = 512 << 10

// A group is some Accepts that are written in one batch.
type group struct {
	intakes []*intake
	bytes   int64
	done    chan struct{} // closed when err is known; nil: it has one Accept
	err     error
}

// join puts an Accept into the open group, or begins one that it leads.
func (t *together) join(in *intake) (g *group, leads bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil || t.open.bytes+in.reserved > mostTogether {
		t.open = new(group)
	}
	g = t.open
	g.intakes = append(g.intakes, in)
	g.bytes += in.reserved
	if len(g.intakes) == 2 {
		g.done = make(chan struct{})
	}
	return g, len(g.intakes) == 1
}

// close lets nobody join a group any more.
func (t *together) close(g *group) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == g {
		t.open = nil
	}
}

// keepTogether is keep, in one batch with whoever comes while it waits for its turn.
func (l *Line) keepTogether(in *intake) error {
	g, leads := l.together.join(in)
	if !leads {
		<-g.done
		return g.err
	}
	l.together.turn <- struct{}{}
	l.together.close(g)
	a := &acceptance{l: l, intakes: g.intakes}
	landed, err := a.write()
	<-l.together.turn
	if err == nil {
		a.count()
		a.publish()
	}
	landed()
	g.err = err
	if g.done != nil {
		close(g.done)
	}
	return err
}

// write brings the batch to disk, and with it what was settled.
func (a *acceptance) write() (landed func(), err error) {
	a.b = a.l.batch()
	first, landed := a.l.takeOff(a.events())
	a.addAll(first)
	a.l.spareSync()
	wait, err := a.l.applyBesideSettled(a.b, a.changes)
	if err == nil {
		err = wait()
	}
	return landed, err
}
