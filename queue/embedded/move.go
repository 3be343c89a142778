package embedded

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/queue"
)

// moveAtOnce is how many deliveries are looked at under one lock, and written
// in one batch.
const moveAtOnce = 1000

// Move implements queue.Line.
func (l *Line) Move(ctx context.Context, from, to string) (queue.Moved, error) {
	m, err := l.newMove(from, to)
	if err != nil {
		return queue.Moved{}, err
	}
	for !m.done {
		if err := ctx.Err(); err != nil {
			return m.sum, err
		}
		if err := m.step(); err != nil {
			return m.sum, err
		}
	}
	return m.sum, m.moveRows(ctx)
}

// A move goes once over what waits in a lane, the longest due first.
type move struct {
	l        *Line
	from, to *lane
	ahead    int64  // what to's clock was ahead of from's when the move began
	next     place  // to be looked at
	done     bool   // with what is in no order
	halted   rowKey // of which a member stays that the rest stays behind
	sum      queue.Moved
}

func (l *Line) newMove(from, to string) (*move, error) {
	if from == to {
		return nil, fmt.Errorf("what waits in lane %q is there already", from)
	}
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	n := l.lane(from)
	if n == nil {
		return &move{l: l, done: true}, nil
	}
	found, err := l.need([]string{to})
	if err != nil {
		return nil, err
	}
	m := &move{l: l, from: n, to: found[to], next: lowest}
	m.ahead = m.to.time() - m.from.time()
	return m, nil
}

// A candidate is a delivery that a step looks at, and that is out of reach
// meanwhile.
type candidate struct {
	at   place
	d    *delivery // nil: it stays
	gone bool      // it does not wait there any more
}

// step moves some deliveries more.
func (m *move) step() error {
	if err := m.l.enter(); err != nil {
		return err
	}
	defer m.l.leave()
	m.l.kept.Lock()
	defer m.l.kept.Unlock()
	r, err := m.from.reach(m.l.store, m.next, moveAtOnce, m.l.landedBelow())
	if err != nil {
		return err
	}
	all := make([]candidate, len(r.places))
	for i, at := range r.places {
		all[i].at = at
	}
	sum, err := m.choose(all)
	if err == nil {
		err = m.write(all, r.safe)
	}
	m.giveBack(all)
	if err != nil {
		return err
	}
	m.next, m.done = r.next, r.last
	m.sum.Moved += sum.Moved
	m.sum.Leased += sum.Leased + r.busy
	m.sum.Owed += sum.Owed
	return nil
}

// choose decides which deliveries move, and counts them.
func (m *move) choose(all []candidate) (sum queue.Moved, err error) {
	seen, err := m.l.sight(all, m.from, m.to)
	if err != nil {
		return sum, err
	}
	for i := range all {
		c, s := &all[i], &seen[i]
		switch {
		case s.unreadable:
			if err := m.l.mend(m.from, c.at.ref(m.from.num), &c.at); err != nil {
				return sum, err
			}
			c.gone = true
		case s.d == nil || !s.d.waitsAt(m.from, c.at):
			sum.Leased++ // it can't be read now, or Take sees to it
		case s.d.ordered(): // with its row
		case s.owed:
			sum.Owed++
		default:
			sum.Moved++
			c.d = s.d
		}
	}
	return sum, nil
}

// write moves those of all that are to move, in one synced batch.
func (m *move) write(all []candidate, safe place) error {
	b := m.l.batch()
	var left, came counts
	var places []place
	m.clear(b, all, safe)
	for i := range all {
		d := all[i].d
		if d == nil {
			continue
		}
		left.add(d.counts().minus())
		d.due += m.ahead
		d.aged += m.ahead
		d.moveTo(m.to.num)
		key := d.ref.key(inDeliveries)
		b.set(key, d.encode(nil, key))
		b.set(waitingKey(m.to.num, d.place()), nil)
		came.add(d.counts())
		places = append(places, d.place())
	}
	if len(places) == 0 {
		return b.Close()
	}
	b.count(m.from.num, left)
	b.count(m.to.num, came)
	m.to.expect(places)
	if err := m.l.store.apply(b, pebble.Sync); err != nil {
		return err
	}
	m.l.bytes.Add(left.bytes + came.bytes)
	m.from.part(all, left)
	m.to.join(places, came)
	return nil
}

const runPlaces = 32 // in a row, from which on they are deleted as a range

// clear deletes the places of what moves, as ranges where it can: the head of
// the lane would be as slow to read as with any other single deletions.
func (m *move) clear(b batch, all []candidate, safe place) {
	var run []place
	end := func() {
		if len(run) >= runPlaces {
			last := waitingKey(m.from.num, run[len(run)-1])
			b.removeFrom(waitingKey(m.from.num, run[0]), append(last, 0))
		} else {
			for _, p := range run {
				b.remove(waitingKey(m.from.num, p))
			}
		}
		run = run[:0]
	}
	for i := range all {
		c := &all[i]
		switch {
		case c.d == nil:
			end()
		case c.at.before(safe):
			run = append(run, c.at)
		default:
			b.remove(waitingKey(m.from.num, c.at))
		}
	}
	end()
}

// giveBack puts what still waits back in reach.
func (m *move) giveBack(all []candidate) {
	for i := range all {
		if c := &all[i]; !c.gone {
			m.from.end(c.at.seq, &c.at, counts{})
		}
	}
}
