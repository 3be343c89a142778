package embedded

import (
	"github.com/cockroachdb/pebble/v2"
)

// apply writes the change, unsynced.
func (x *rowChange) apply() error {
	x.sum()
	if err := x.l.store.apply(x.b, pebble.NoSync); err != nil {
		return err
	}
	x.publish()
	return nil
}

// applyFirst writes the change, seen by all when it returns; wait returns when
// it is on disk.
func (x *rowChange) applyFirst() (wait func() error, err error) {
	x.sum()
	wait, err = x.l.store.applyFirst(x.b)
	if err == nil {
		x.publish()
	}
	return wait, err
}

func (x *rowChange) sum() {
	for n, c := range x.changes {
		x.b.count(n.num, c)
	}
}

// publish makes in memory what was written.
func (x *rowChange) publish() {
	for range x.aside {
		x.l.countAside()
	}
	for n, c := range x.changes {
		x.l.bytes.Add(c.bytes)
		n.count(c)
	}
	for _, c := range x.called {
		if c.off {
			c.n.retire(c.place)
		} else {
			c.n.end(c.place.seq, &c.place, counts{})
		}
	}
}

// drop gives the change up.
func (x *rowChange) drop() {
	_ = x.b.Close() // nothing was written
	for _, c := range x.called {
		if !c.off {
			c.n.letGo(c.place.seq)
		}
	}
	for _, c := range x.seized {
		c.n.letGo(c.place.seq)
	}
}

// hasCalled tells whether the turn came to a delivery.
func (x *rowChange) hasCalled(seq uint64) bool {
	for _, c := range x.called {
		if c.place.seq == seq && !c.off {
			return true
		}
	}
	return false
}

// call takes a delivery whose turn comes out of reach while it is written, and
// says where it will wait. As in begin, that is never before the lane's time.
func (n *lane) call(d *delivery) place {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := d.place()
	p.due = max(p.due, n.now())
	n.out[p.seq] = p
	return p
}

// retire notes that a delivery that was seized waits nowhere.
func (n *lane) retire(p place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.out, p.seq)
	n.ready.remove(p)
}

func (n *lane) isOut(seq uint64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, out := n.out[seq]
	return out
}
