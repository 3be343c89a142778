package embedded

import (
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"

	"github.com/posternhq/postern/queue"
)

// settleInRow is settle of a member. The next one is called in the same batch.
func (l *Line) settleInRow(n *lane, d *delivery, to state, o queue.Outcome) error {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	if done, err := l.settleAlone(n, d, to, o); done || err != nil {
		return err
	}
	before := *d
	before.attempts = slices.Clone(d.attempts)
	d.holds = to == failed && o.Hold
	x := l.changeRows()
	waits, change := l.conclude(x.b, n, d, to, o)
	waits, err := x.settled(n, d, waits)
	if err != nil {
		x.drop()
		return l.settleAstand(n, d, before, to, o, err)
	}
	if err := x.apply(); err != nil {
		return err
	}
	l.bytes.Add(change.bytes)
	n.end(d.seq, waits, change)
	return nil
}

// settleAlone settles what is plain: the turn stays where it is, or nobody follows.
// An indexed batch would cost more than all the rest.
func (l *Line) settleAlone(n *lane, d *delivery, to state, o queue.Outcome) (done bool, err error) {
	row := rowKey{n.num, d.order}
	t, err := l.readTurn(row)
	if err != nil || to == pending && t.first != d.ref || to != pending && !t.isOnly(d.ref) || to == failed && o.Hold {
		return false, l.store.failure()
	}
	b := l.batch()
	waits, change := l.conclude(b, n, d, to, o)
	if to != pending {
		b.remove(row.member(d.ref))
		b.remove(row.key(inTurns))
	}
	if err := l.store.apply(b, pebble.NoSync); err != nil {
		return false, err
	}
	l.bytes.Add(change.bytes)
	n.end(d.seq, waits, change)
	return true, nil
}

// settled passes the turn on from a delivery whose lease has ended. One that
// waits keeps it, unless one before it was replayed meanwhile.
func (x *rowChange) settled(n *lane, d *delivery, waits *place) (*place, error) {
	row := rowKey{n.num, d.order}
	switch {
	case d.holds:
		x.b.set(row.hold(d.ref), nil)
		return nil, x.yield(row, d.ref)
	case waits == nil:
		return nil, x.leave(row, d.ref)
	}
	t, there, err := x.turn(row)
	if err != nil || !there || t.first == d.ref {
		return waits, err
	}
	x.b.remove(waitingKey(n.num, *waits))
	return nil, x.yield(row, d.ref)
}

// settleAstand records how a lease ended, where damage in a file keeps its row
// from being read: the attempt must not be repeated for that. Sweep tries to
// call the next one.
func (l *Line) settleAstand(n *lane, d *delivery, before delivery, to state, o queue.Outcome, cause error) error {
	if err := l.store.failure(); err != nil {
		return err
	}
	l.log.Error("what follows a delivery in its order can't be read, and waits", zap.String("webhook", n.name), zap.Error(cause))
	*d = before
	b := l.batch()
	waits, change := l.conclude(b, n, d, to, o)
	b.set(recountKey, nil) // an opening looks at rows, too
	if err := l.store.apply(b, pebble.NoSync); err != nil {
		return err
	}
	l.astand.Store(true)
	l.bytes.Add(change.bytes)
	n.end(d.seq, waits, change)
	return nil
}

// releaseInRow is Release of a member.
func (l *Line) releaseInRow(n *lane, d *delivery) error {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	at := d.place()
	x := l.changeRows()
	waits, err := x.settled(n, d, &at)
	if err != nil {
		x.drop()
		n.end(d.seq, &at, counts{}) // it keeps the turn
		return l.store.failure()
	}
	if err := x.apply(); err != nil {
		return err
	}
	n.end(d.seq, waits, counts{})
	return nil
}
