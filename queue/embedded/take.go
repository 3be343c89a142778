package embedded

import (
	"errors"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// Take implements queue.Line.
func (l *Line) Take(name string, n int) (leases []queue.Lease, again time.Time, err error) {
	if err := l.pass(); err != nil {
		return nil, time.Time{}, err
	}
	defer l.leave()
	ln := l.lane(name)
	if ln == nil {
		return nil, time.Time{}, nil
	}
	for {
		picked, at, again, err := l.pick(ln, n-len(leases))
		if err == nil {
			leases, err = l.leaseAll(leases, ln, picked, at)
		}
		switch {
		case err != nil && len(leases) > 0:
			return leases, l.clock.wall(0), nil // the error shows again with what is left
		case err != nil:
			return nil, time.Time{}, err
		case len(picked) == 0 || len(leases) == n:
			return leases, again, nil
		}
	}
}

// leaseAll appends the leases of what was picked. With an error the rest is in
// reach again.
func (l *Line) leaseAll(leases []queue.Lease, n *lane, picked []place, at int64) ([]queue.Lease, error) {
	for i, p := range picked {
		lease, err := l.lease(n, p, at)
		if err != nil {
			for _, p := range picked[i:] {
				n.end(p.seq, &p, counts{})
			}
			return leases, err
		}
		if lease != nil {
			leases = append(leases, lease)
		}
	}
	return leases, nil
}

// pick takes the places of due deliveries out of reach. at is the lane's time.
func (l *Line) pick(n *lane, most int) (picked []place, at int64, again time.Time, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since != 0 {
		return nil, 0, again, nil
	}
	at = n.now()
	picked, next, err := n.pick(l.store, at, most)
	if next != nil {
		again = l.clock.wall(next.due - at)
	}
	return picked, at, again, err
}

// lease reads what an attempt needs. What can't be read is seen to, and leaves
// no lease. The place is out of reach already.
func (l *Line) lease(n *lane, p place, at int64) (queue.Lease, error) {
	if d, e := n.recalled(p.seq); d != nil {
		return l.leased(n, d, e, nil, at), nil
	}
	r := p.ref(n.num)
	d, err := l.read(r)
	switch {
	case errors.Is(err, errUnreadable):
		return nil, l.mend(n, r, &p)
	case err != nil:
		return nil, err
	case d == nil || !d.waitsAt(n, p):
		return nil, l.astray(n, p, d)
	}
	if d.ordered() {
		if ok, err := l.hasTurn(n, d); err != nil {
			return nil, err
		} else if !ok {
			return nil, l.astray(n, p, nil)
		}
	}
	e, err := l.readEvent(r.seq)
	if errors.Is(err, errUnreadable) {
		return nil, l.unmakeable(n, d, eventKey(r.seq), "the stored event is unreadable and was set aside")
	} else if err == nil && e == nil {
		return nil, l.unmakeable(n, d, nil, "the event is no longer kept")
	} else if err != nil {
		return nil, err
	}
	var said *event.Said
	if d.saidSize > 0 {
		said, err = l.readSaid(r)
	}
	if errors.Is(err, errUnreadable) {
		return nil, l.unmakeable(n, d, r.key(inSaid), "the stored payload is unreadable and was set aside; a replay makes it anew")
	} else if err != nil {
		return nil, err
	}
	return l.leased(n, d, e, said, at), nil
}

func (l *Line) leased(n *lane, d *delivery, e *event.Event, said *event.Said, at int64) *lease {
	out := l.show(n, d)
	out.Age, out.Event, out.Said = time.Duration(max(0, at-d.aged)), e, said
	return &lease{l: l, n: n, d: d, out: out}
}

// show is a delivery as people and the messenger see it, without bodies of answers.
func (l *Line) show(n *lane, d *delivery) event.Delivery {
	out := event.Delivery{
		ID:      d.id(),
		EventID: d.eventID,
		Type:    d.typ,
		Webhook: n.name,
		State:   stateNames[d.state],
		Class:   event.Class(d.class),
		Created: d.created,
		Charged: d.charged,
		Ordered: d.ordered(),
		Holds:   d.holds,
	}
	if len(d.attempts) > 0 {
		out.Attempts = make([]event.Attempt, len(d.attempts))
		for i := range d.attempts {
			out.Attempts[i] = d.attempts[i].Attempt
		}
	}
	if d.state == pending {
		n.mu.Lock()
		if n.since == 0 {
			out.Next = l.clock.wall(d.due - n.now())
		}
		n.mu.Unlock()
	}
	return out
}
