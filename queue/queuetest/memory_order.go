package queuetest

import (
	"cmp"
	"context"
	"slices"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A row is what one lane has in one order: pending deliveries, and failed ones
// that hold.
type row struct {
	members []*delivery // by acceptance
	now     *delivery   // whose turn it is; nil: the first one holds
	stood   bool        // it has been held
}

// ahead is what the others wait for.
func (r *row) ahead() *event.Behind {
	if r.now != nil {
		return &event.Behind{ID: r.now.d.ID}
	}
	return &event.Behind{ID: r.members[0].d.ID, Failed: true}
}

func (d *delivery) waitsForOthers() bool {
	return d.d.Ordered && d.lane.rows[d.order].now != d
}

// join makes a delivery that is in an order a member of its row. stood tells that
// it comes from one that has been held.
func (m *Memory) join(d *delivery, stood bool) {
	if !d.d.Ordered {
		return
	}
	if d.lane.rows == nil {
		d.lane.rows = map[queue.Order]*row{}
	}
	r := d.lane.rows[d.order]
	if r == nil {
		r = new(row)
		d.lane.rows[d.order] = r
	}
	r.stood = r.stood || stood
	r.members = append(r.members, d)
	slices.SortFunc(r.members, func(a, b *delivery) int { return cmp.Compare(a.seq, b.seq) })
	m.call(d.lane, d.order)
}

// leave takes a delivery out of its row, if it is in one.
func (m *Memory) leave(d *delivery) {
	r := d.lane.rows[d.order]
	if r == nil {
		return
	}
	r.members = slices.DeleteFunc(r.members, func(o *delivery) bool { return o == d })
	if len(r.members) == 0 {
		delete(d.lane.rows, d.order)
	}
	if r.now == d {
		r.now = nil
	}
}

// call gives the turn to the first member, unless the one that has it is leased.
func (m *Memory) call(l *lane, order queue.Order) {
	r := l.rows[order]
	if r == nil || r.now != nil && r.now.leased {
		return
	}
	first := r.members[0]
	switch {
	case first.d.Holds:
		r.now, r.stood = nil, true
	case first != r.now:
		now := l.clock(m.now())
		r.now = first
		first.due = max(first.due, now)
		if r.stood && first.d.Charged == 0 {
			first.age = first.due
		}
	}
}

// holdsSome tells whether others wait for a failed delivery.
func (m *Memory) holdsSome(d *delivery) bool {
	if !d.d.Holds {
		return false
	}
	members := d.lane.rows[d.order].members
	return members[len(members)-1] != d
}

// behindHold tells whether a member before d holds.
func (m *Memory) behindHold(d *delivery) bool {
	r := d.lane.rows[d.order]
	return r != nil && slices.ContainsFunc(r.members, func(o *delivery) bool { return o.seq < d.seq && o.d.Holds })
}

func (m *Memory) LetGo(ctx context.Context, name string) (ended int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(m.open(), ctx.Err()); err != nil || m.lanes[name] == nil {
		return 0, err
	}
	l := m.lanes[name]
	for order, r := range l.rows {
		for _, d := range slices.Clone(r.members) {
			if d.d.Holds {
				d.d.Holds = false
				m.leave(d)
				ended++
			}
		}
		m.call(l, order)
	}
	return ended, nil
}
