package embedded

import (
	"fmt"
	"sync"

	"github.com/posternhq/postern/queue"
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

// tell lets go whoever waits for the group to be written.
func (g *group) tell() {
	if g.done != nil {
		close(g.done)
	}
}

var errUnwritten = fmt.Errorf("%w: who had to write it was cut off", queue.ErrUnavailable)

// keepTogether is keep, in one batch with whoever comes while it waits for its turn.
func (l *Line) keepTogether(in *intake) error {
	g, leads := l.together.join(in)
	if !leads {
		<-g.done
		return g.err
	}
	g.err = errUnwritten // a panic must not leave the others waiting
	defer g.tell()
	a := &acceptance{l: l}
	landed, err := a.writeInTurn(g)
	defer landed()
	if err == nil {
		a.count()
		a.publish()
	}
	g.err = err
	return err
}

// writeInTurn brings a group to disk, and with it what was settled. While it waits for
// the disk, others gather for the next one; behind one that is more than half full,
// enough of them have.
func (a *acceptance) writeInTurn(g *group) (landed func(), err error) {
	turn, full := a.l.together.turn, false
	turn <- struct{}{}
	defer func() {
		if !full {
			<-turn
		}
	}()
	a.l.together.close(g)
	a.b, a.intakes = a.l.batch(), g.intakes
	first, landed := a.l.takeOff(a.events())
	a.addAll(first)
	a.l.spareSync()
	wait, err := a.l.applyBesideSettled(a.b, a.changes)
	if err == nil {
		if full = g.bytes > mostTogether/2; full {
			<-turn
		}
		err = wait()
	}
	return landed, err
}
