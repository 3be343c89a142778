package embedded

import (
	"context"

	"github.com/posternhq/postern/queue"
)

// moveRows moves what is in an order, row by row, as far as nothing stays that
// the rest would overtake.
func (m *move) moveRows(ctx context.Context) error {
	if m.from == nil {
		return nil
	}
	for from := laneKey(inMembers, m.from.num); from != nil; {
		if err := ctx.Err(); err != nil {
			return err
		}
		next, err := m.rowStep(from)
		if err != nil {
			return err
		}
		from = next
	}
	return nil
}

// rowStep moves some members more, and says where to go on; nil: it is done.
func (m *move) rowStep(from []byte) (next []byte, err error) {
	if err := m.l.enter(); err != nil {
		return nil, err
	}
	defer m.l.leave()
	m.l.kept.Lock()
	defer m.l.kept.Unlock()
	m.l.rowsMu.Lock()
	defer m.l.rowsMu.Unlock()
	all, err := m.l.membersOf(inMembers, m.from.num, from, moveAtOnce)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if len(all) == moveAtOnce {
		last := all[len(all)-1]
		next = append(last.row.member(last.ref), 0)
	}
	seen, err := m.l.sight(m.candidates(all), m.from, m.to)
	if err != nil {
		return nil, err
	}
	p := &rowPart{move: m, x: m.l.changeRows()}
	if err := p.addAll(all, seen); err != nil {
		p.drop()
		return nil, err
	}
	return next, p.write()
}

func (m *move) candidates(all []member) []candidate {
	out := make([]candidate, len(all))
	for i, c := range all {
		out[i].at.seq = c.seq
		if c.lane != m.from.num {
			out[i].at.from = c.lane
		}
	}
	return out
}

// A rowPart is what one step moves.
type rowPart struct {
	*move
	x          *rowChange
	left, came counts
	moved      []place // of what had the turn, or else would have had it
	gone       int     // members, of the row that is under way
	part       queue.Moved
}

func (p *rowPart) addAll(all []member, seen []sighting) error {
	for i, c := range all {
		if err := p.add(c, &seen[i]); err != nil {
			return err
		}
		if i+1 < len(all) && all[i+1].row == c.row {
			continue
		}
		if err := p.x.refill(c.row, p.gone); err != nil {
			return err
		}
		p.gone = 0
		if err := p.x.yield(rowKey{p.to.num, c.row.order}, ref{}); err != nil {
			return err
		}
	}
	return nil
}

// add moves a member, unless it stays or one before it did.
func (p *rowPart) add(c member, s *sighting) error {
	switch d := s.d; {
	case d == nil: // it can't be read now
		p.part.Leased++
		p.halted = c.row
	case d.in() != c.row.lane || d.order != c.row.order: // it is none any more
	case p.halted == c.row:
		if d.state == pending && !p.from.isOut(d.seq) {
			p.part.Behind++
		}
	case d.holds:
		p.halted = c.row
	case d.state != pending:
	case p.from.isOut(d.seq): // it has a place, and was counted there
		p.halted = c.row
	case s.owed:
		p.part.Owed++
	case !p.from.seize(d.seq):
		p.halted = c.row
	default:
		return p.take(c, d)
	}
	return nil
}

func (p *rowPart) take(c member, d *delivery) error {
	p.part.Moved++
	p.gone++
	p.moved = append(p.moved, d.place())
	t, _, err := p.x.turn(c.row)
	if err != nil {
		return err
	}
	b := p.x.b
	b.remove(waitingKey(p.from.num, d.place()))
	b.remove(c.row.member(c.ref))
	p.left.add(d.counts().minus())
	d.due += p.ahead
	d.aged += p.ahead
	d.moveTo(p.to.num)
	key := d.ref.key(inDeliveries)
	b.set(key, d.encode(nil, key))
	p.came.add(d.counts())
	return p.x.join(p.to, d.order, d.ref, t.stood)
}

// refill puts the turn of a row right that so many members were taken from.
func (x *rowChange) refill(row rowKey, gone int) error {
	t, there, err := x.turn(row)
	if err != nil || !there {
		return err
	}
	if t.members -= gone; t.members <= 0 {
		x.b.remove(row.key(inTurns))
		return nil
	}
	if ok, err := x.has(row, t.now); err != nil {
		return err
	} else if !ok {
		t.now = ref{}
	}
	ok, err := x.has(row, t.first)
	if err == nil && !ok {
		t.first, err = x.after(row, t.first)
	}
	if err != nil {
		return err
	}
	return x.callFirst(row, t)
}

func (x *rowChange) has(row rowKey, r ref) (bool, error) {
	v, done, err := x.l.store.getFrom(x.b, row.member(r))
	if v == nil || err != nil {
		return false, err
	}
	return true, done.Close()
}

// write makes the part, on disk when it returns.
func (p *rowPart) write() error {
	p.x.b.count(p.from.num, p.left)
	p.x.b.count(p.to.num, p.came)
	wait, err := p.x.applyFirst()
	if err != nil {
		return err
	}
	p.l.bytes.Add(p.left.bytes + p.came.bytes)
	p.from.count(p.left)
	p.to.count(p.came)
	for _, at := range p.moved {
		p.from.retire(at)
	}
	if err := wait(); err != nil {
		return err
	}
	p.sum.Moved += p.part.Moved
	p.sum.Leased += p.part.Leased
	p.sum.Owed += p.part.Owed
	p.sum.Behind += p.part.Behind
	return nil
}

func (p *rowPart) drop() {
	p.x.drop()
	for _, at := range p.moved {
		p.from.letGo(at.seq)
	}
}
