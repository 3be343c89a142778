package embedded

import (
	"errors"
	"fmt"

	"github.com/posternhq/postern/queue"
)

// Deliveries of a lane in one order make a row. Its members are those that are
// pending, and failed ones that hold. One of them has the turn: it waits in w
// like any other delivery, or is leased. The rest have no place in w, so whoever
// takes from a lane never sees them, and a lane without rows knows nothing of
// all this.
//
// Rows change under rowsMu, each change in one batch, and batches that change
// them reach Pebble one by one: so what a crash leaves is what some change left,
// and in that either a member has the turn or the first one holds.

// A rowChange is a change of rows under way. What it reads is as it will be.
type rowChange struct {
	l       *Line
	b       batch
	changes map[*lane]counts // of what it wrote in passing
	called  []call
	seized  []call // back to where they were, unless it is applied
	aside   int    // records that it sets aside
}

// A call is a member that comes to have the turn, or has it no more.
type call struct {
	n     *lane
	place place
	off   bool
}

func (l *Line) changeRows() *rowChange {
	return &rowChange{l: l, b: batch{l.store.db.NewIndexedBatch()}, changes: map[*lane]counts{}}
}

// turn reads the turn of a row; there is none if it has no members.
func (x *rowChange) turn(row rowKey) (t turn, there bool, err error) {
	key := row.key(inTurns)
	v, done, err := x.l.store.getFrom(x.b, key)
	if err == nil && v == nil {
		return t, false, nil
	}
	if err == nil {
		t, err = decodeTurn(key, v)
		_ = done.Close() // nothing is read after
	}
	if errors.Is(err, errUnreadable) {
		return x.restore(row)
	}
	return t, err == nil, err
}

func (x *rowChange) put(row rowKey, t turn) {
	key := row.key(inTurns)
	x.b.set(key, t.encode(key))
}

// enter makes a member of d, which is about to be written, and tells whether it
// has the turn: that of an empty row. It is not called on any other.
func (x *rowChange) enter(n *lane, d *delivery) (turned bool, err error) {
	row := rowKey{n.num, d.order}
	t, there, err := x.turn(row)
	if err != nil {
		return false, err
	}
	n.hasRows()
	x.b.set(row.member(d.ref), nil)
	if d.holds {
		x.b.set(row.hold(d.ref), nil)
	}
	switch {
	case !there && d.state == pending:
		t, turned = turn{first: d.ref, now: d.ref}, true
	case !there:
		t = turn{first: d.ref, stood: true}
	}
	t.members++
	x.put(row, t)
	return turned, nil
}

// join makes a member of r, wherever its place is in the row, and calls nobody.
func (x *rowChange) join(n *lane, order queue.Order, r ref, stood bool) error {
	row := rowKey{n.num, order}
	t, there, err := x.turn(row)
	if err != nil {
		return err
	}
	n.hasRows()
	x.b.set(row.member(r), nil)
	if !there || r.before(t.first) {
		t.first = r
	}
	t.members++
	t.stood = t.stood || stood
	x.put(row, t)
	return nil
}

// leave takes a member out of its row, and calls the next one.
func (x *rowChange) leave(row rowKey, r ref) error {
	t, there, err := x.turn(row)
	if err != nil || !there {
		return err
	}
	x.b.remove(row.member(r))
	if t.isOnly(r) {
		x.b.remove(row.key(inTurns))
		return nil
	}
	t.members--
	if t.now == r {
		t.now = ref{}
	}
	if t.first == r {
		if t.first, err = x.after(row, r); err != nil {
			return err
		}
	}
	return x.callFirst(row, t)
}

// yield takes the turn from r, which stays a member, and calls the first one.
func (x *rowChange) yield(row rowKey, r ref) error {
	t, there, err := x.turn(row)
	if err != nil || !there {
		return err
	}
	if t.now == r {
		t.now = ref{}
	}
	return x.callFirst(row, t)
}

// callFirst gives the turn to the first member, unless the one that has it is
// under way. A member that is no delivery of the row any more is dropped.
func (x *rowChange) callFirst(row rowKey, t turn) error {
	n := x.l.laneNumbered(row.lane)
	if n == nil {
		return nil
	}
	if t.now != (ref{}) && t.now != t.first && x.recall(n, t.now) {
		t.now = ref{}
	}
	for t.now == (ref{}) {
		d, err := x.member(row, t.first)
		if err != nil {
			return err
		}
		if d != nil && d.state == pending {
			x.call(n, d, t.stood)
			t.now = d.ref
			break
		}
		if d != nil {
			t.stood = true
			break
		}
		x.b.remove(row.member(t.first))
		x.b.remove(row.hold(t.first))
		if t.isOnly(t.first) {
			x.b.remove(row.key(inTurns))
			return nil
		}
		t.members--
		if t.first, err = x.after(row, t.first); err != nil {
			return err
		}
	}
	x.put(row, t)
	return nil
}

// call gives d the turn: it is due at once, or when it was due. What has waited
// for a hold begins its age.
func (x *rowChange) call(n *lane, d *delivery, stood bool) {
	was := d.counts()
	at := n.call(d)
	if stood && d.charged == 0 {
		d.aged = at.due
	}
	d.due = at.due
	x.b.set(waitingKey(n.num, at), nil)
	x.write(n, d, was)
	x.called = append(x.called, call{n: n, place: at})
}

// write stores a delivery anew that was read in passing.
func (x *rowChange) write(n *lane, d *delivery, was counts) {
	key := d.ref.key(inDeliveries)
	x.b.set(key, d.encode(nil, key))
	change := d.counts()
	change.add(was.minus())
	sum := x.changes[n]
	sum.add(change)
	x.changes[n] = sum
}

// recall takes the turn from a member, if it is not under way. One that can't be
// read has no place that would be found.
func (x *rowChange) recall(n *lane, r ref) bool {
	if !n.seize(r.seq) {
		return false
	}
	c := call{n: n, place: place{seq: r.seq}, off: true}
	if d, err := x.l.readFrom(x.b, r); err == nil && d != nil {
		c.place = d.place()
		x.b.remove(waitingKey(n.num, c.place))
	}
	x.called, x.seized = append(x.called, c), append(x.seized, c)
	return true
}

// member reads one; nil if it is none any more, or can't be read: then it is
// mended where it is met otherwise.
func (x *rowChange) member(row rowKey, r ref) (*delivery, error) {
	d, err := x.l.readFrom(x.b, r)
	if errors.Is(err, errUnreadable) {
		return nil, nil
	}
	if err != nil || d == nil || d.in() != row.lane || d.order != row.order || d.state != pending && !d.holds {
		return nil, err
	}
	return d, nil
}

// after finds the member that follows r; there is one.
func (x *rowChange) after(row rowKey, r ref) (ref, error) {
	next, any, err := x.l.memberAfter(x.b, row, r)
	if err == nil && !any {
		err = fmt.Errorf("%w: nothing follows %s in its order", queue.ErrUnavailable, r.id())
	}
	return next, err
}
