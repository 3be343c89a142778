package embedded

import (
	"context"
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

// reorderAstand is reorder, where it is known to be needed.
func (l *Line) reorderAstand(context.Context) error {
	if !l.astand.Load() {
		return nil
	}
	return l.reorder()
}

// reorder looks at every row, and calls the first member where nobody has the
// turn who could.
func (l *Line) reorder() error {
	rows, err := l.allRows()
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := l.reorderRow(row); err != nil {
			return err
		}
	}
	l.astand.Store(false)
	return nil
}

func (l *Line) allRows() (rows []rowKey, err error) {
	err = l.store.ascend([]byte{inTurns}, []byte{inTurns + 1}, func(it *pebble.Iterator) (bool, error) {
		if row, ok := parseRow(it.Key()); ok {
			rows = append(rows, row)
		}
		return true, nil
	})
	return rows, err
}

func (l *Line) reorderRow(row rowKey) error {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	x := l.changeRows()
	err := x.review(row)
	if err != nil {
		x.drop()
		return err
	}
	return x.apply()
}

// review counts the members of a row anew, and calls the first one unless somebody
// has the turn who can.
func (x *rowChange) review(row rowKey) error {
	was, there, err := x.turn(row)
	if err != nil || !there {
		return err
	}
	t := turn{now: was.now, stood: was.stood}
	err = x.l.store.ascendIn(x.b, row.key(inMembers), row.end(), func(it *pebble.Iterator) (bool, error) {
		m, ok := parseMember(it.Key())
		if ok && t.members == 0 {
			t.first = m.ref
		}
		if ok {
			t.members++
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	if t.members == 0 {
		x.b.remove(row.key(inTurns))
		return nil
	}
	d, err := x.member(row, t.now)
	switch {
	case err != nil:
		return err
	case d == nil || d.state != pending:
		t.now = ref{}
		return x.callFirst(row, t)
	case t != was:
		x.put(row, t)
	}
	return nil
}
