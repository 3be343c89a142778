package embedded

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// read reads a delivery; nil if there is none.
func (l *Line) read(r ref) (*delivery, error) { return l.readFrom(l.store.db, r) }

// readFrom reads it as a batch will leave it.
func (l *Line) readFrom(in pebble.Reader, r ref) (*delivery, error) {
	key := r.key(inDeliveries)
	v, done, err := l.store.getFrom(in, key)
	if v == nil || err != nil {
		return nil, err
	}
	defer done.Close()
	d, err := decodeDelivery(key, v)
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// readEvent is nil if there is none.
func (l *Line) readEvent(seq uint64) (*event.Event, error) {
	key := eventKey(seq)
	v, done, err := l.store.get(key)
	if v == nil || err != nil {
		return nil, err
	}
	defer done.Close()
	return decodeEvent(key, v)
}

// readSaid is an error if there is none: it is known to be there.
func (l *Line) readSaid(r ref) (*event.Said, error) {
	key := r.key(inSaid)
	v, done, err := l.store.get(key)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, errUnreadable
	}
	defer done.Close()
	return decodeSaid(key, v)
}

// Delivery implements queue.Ledger.
func (l *Line) Delivery(ctx context.Context, id string) (event.Delivery, error) {
	if err := l.enter(); err != nil {
		return event.Delivery{}, err
	}
	defer l.leave()
	n, d, err := l.find(id)
	if err != nil {
		return event.Delivery{}, err
	}
	return l.full(n, d)
}

// find looks for a delivery, and the lane that has it, by id.
func (l *Line) find(id string) (*lane, *delivery, error) {
	r, ok := parseID(id)
	first := l.laneNumbered(r.lane)
	if !ok || first == nil {
		return nil, nil, queue.ErrNotFound
	}
	d, err := l.read(r)
	if errors.Is(err, errUnreadable) {
		if err := l.mend(first, r, nil); err != nil {
			return nil, nil, err
		}
		d, err = l.read(r)
	}
	if err != nil {
		return nil, nil, err
	}
	if d == nil {
		return nil, nil, queue.ErrNotFound
	}
	n := l.laneNumbered(d.in())
	if n == nil {
		return nil, nil, queue.ErrNotFound
	}
	return n, d, nil
}

// full is a delivery with all that is kept of it. What is unreadable is left
// out here; Take sees to it.
func (l *Line) full(n *lane, d *delivery) (event.Delivery, error) {
	out := l.show(n, d)
	err := l.rank(n, d, &out)
	if err != nil {
		return out, err
	}
	if out.Event, err = l.readEvent(d.seq); err != nil && !errors.Is(err, errUnreadable) {
		return out, err
	}
	if d.saidSize > 0 {
		if out.Said, err = l.readSaid(d.ref); err != nil && !errors.Is(err, errUnreadable) {
			return out, err
		}
	}
	for i, a := range d.attempts {
		if a.bodySize == 0 {
			continue
		}
		key := d.bodyKey(a.Number)
		v, done, err := l.store.get(key)
		if v == nil || err != nil {
			continue
		}
		out.Attempts[i].ResponseBody, _ = decodeBody(key, v)
		_ = done.Close() // nothing is read after
	}
	return out, l.store.failure()
}

// Event implements queue.Ledger.
func (l *Line) Event(ctx context.Context, id string) (event.Event, []event.Delivery, error) {
	if err := l.enter(); err != nil {
		return event.Event{}, nil, err
	}
	defer l.leave()
	known, err := l.accepted(nameOfID(id))
	if err != nil {
		return event.Event{}, nil, err
	}
	if known == nil {
		return event.Event{}, nil, queue.ErrNotFound
	}
	e, err := l.readEvent(known.seq)
	if err != nil && !errors.Is(err, errUnreadable) {
		return event.Event{}, nil, err
	}
	if e == nil || e.ID != id {
		return event.Event{}, nil, queue.ErrNotFound
	}
	owed, err := l.owedBy(known.seq)
	return *e, owed, err
}

// owedBy lists the deliveries of an event, without attempts.
func (l *Line) owedBy(seq uint64) (owed []event.Delivery, err error) {
	lo, hi := seqKey(inDeliveries, seq), seqKey(inDeliveries, seq+1)
	err = l.store.ascend(lo, hi, func(it *pebble.Iterator) (bool, error) {
		h, err := decodeHead(it.Key(), it.Value())
		if err != nil || h.in() == nobody {
			return true, nil
		}
		if n := l.laneNumbered(h.in()); n != nil {
			d := h.brief()
			owed = append(owed, l.show(n, &d))
			err = l.rank(n, &d, &owed[len(owed)-1])
		}
		return true, err
	})
	return owed, err
}
