package embedded

import "github.com/cockroachdb/pebble/v2"

// A reached is a row of places that were taken out of reach.
type reached struct {
	places []place
	busy   int64 // places in between that were out already
	next   place // where to go on
	last   bool  // nothing waits from there on

	// safe is a place below which nothing comes to wait meanwhile, unless it is
	// moved there.
	safe place
}

// reach takes the next most deliveries out of reach, from a place on, whatever
// they are due. No Accept that is not seen here yet has a seq below landed.
func (n *lane) reach(s *store, from place, most int, landed uint64) (reached, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := reached{places: make([]place, 0, most), last: true, safe: n.settled(landed)}
	err := s.ascend(waitingKey(n.num, from), laneKey(inWaiting, n.num+1), func(it *pebble.Iterator) (bool, error) {
		_, p, ok := parseWaiting(it.Key())
		if _, out := n.out[p.seq]; !ok || out {
			if ok {
				r.busy++
			}
			return true, nil
		}
		if len(r.places) == most {
			r.next, r.last = p, false
			return false, nil
		}
		r.places = append(r.places, p)
		return true, nil
	})
	if err != nil {
		return reached{}, err
	}
	for _, p := range r.places {
		n.out[p.seq] = p
		n.forget(p.seq)
	}
	return r, nil
}

// settled is a place below which only what was moved here can come to wait: a
// lane that moves writes at its time or later, and one whose clock stands still
// at that time, with a seq that was not given out yet, unless its turn came. What is out may come
// back where it was. mu is held.
func (n *lane) settled(landed uint64) place {
	p := place{due: n.now()}
	if n.since != 0 && !n.rows {
		p.seq = landed
	}
	for _, o := range n.out {
		if o.before(p) {
			p = o
		}
	}
	return p
}

// part notes that those of all that were to move wait here no more.
func (n *lane) part(all []candidate, change counts) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range all {
		c := &all[i]
		if c.d == nil {
			continue
		}
		c.gone = true
		delete(n.out, c.at.seq)
		n.ready.remove(c.at)
	}
	n.counts.add(change)
}

// expect takes deliveries out of reach that are about to be moved here. They
// may wait below what was trimmed. No trim is under way.
func (n *lane) expect(places []place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range places {
		n.out[p.seq] = p
		if p.before(n.trimmed) {
			n.trimmed = p
		}
	}
}

// join puts them in reach.
func (n *lane) join(places []place, change counts) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range places {
		delete(n.out, p.seq)
		n.ready.insert(p)
	}
	n.counts.add(change)
}
