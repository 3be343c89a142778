package embedded

import (
	"context"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// Replay implements queue.Ledger.
func (l *Line) Replay(ctx context.Context, id string) (event.Delivery, error) {
	return l.putBack(id, false)
}

// Repeat implements queue.Ledger.
func (l *Line) Repeat(ctx context.Context, id string) (event.Delivery, error) {
	return l.putBack(id, true)
}

// putBack is Replay, or Repeat if the delivery is to say the same.
func (l *Line) putBack(id string, same bool) (event.Delivery, error) {
	if err := l.enter(); err != nil {
		return event.Delivery{}, err
	}
	defer l.leave()
	l.kept.RLock() // it must not be removed meanwhile
	defer l.kept.RUnlock()
	n, d, err := l.find(id)
	if err != nil {
		return event.Delivery{}, err
	}
	if !n.seize(d.seq) {
		return event.Delivery{}, queue.ErrLeased
	}
	d, err = l.replay(n, d.ref, same)
	if err != nil {
		return event.Delivery{}, err
	}
	return l.full(n, d)
}

// replay writes a seized delivery anew, and lets it go.
func (l *Line) replay(n *lane, r ref, same bool) (*delivery, error) {
	d, err := l.read(r) // again, now that nobody else writes it
	if err == nil && d == nil {
		err = queue.ErrNotFound
	}
	if err == nil {
		err = l.mustHaveEvent(r.seq)
	}
	if err == nil && same && d.saidSize == 0 {
		err = queue.ErrUnsaid
	}
	if err != nil {
		n.letGo(r.seq)
		return nil, err
	}
	if d.ordered() {
		return l.replayInRow(n, d, same)
	}
	was, old := d.counts(), d.place()
	b := l.batch()
	d.renew(b, n, same)
	waits := d.place()
	b.set(waitingKey(n.num, waits), nil)
	key := r.key(inDeliveries)
	b.set(key, d.encode(nil, key))
	change := d.counts()
	change.add(was.minus())
	b.count(n.num, change)
	if err := l.store.apply(b, pebble.Sync); err != nil {
		return nil, err
	}
	l.bytes.Add(change.bytes)
	n.leave(old)
	n.end(r.seq, &waits, change)
	return d, nil
}

// renew makes a delivery due now, and one that has ended wait again; same keeps
// what it says.
func (d *delivery) renew(b batch, n *lane, same bool) {
	now := n.time()
	if d.state == pending {
		b.remove(waitingKey(n.num, d.place()))
	} else {
		d.state, d.charged, d.aged, d.ended, d.holds = pending, 0, now, 0, false
		if !same {
			d.say(b, nil)
		}
	}
	d.due = now
}

func (l *Line) mustHaveEvent(seq uint64) error {
	there, err := l.store.has(eventKey(seq))
	if err == nil && !there {
		err = queue.ErrGone
	}
	return err
}
