package queuetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/posternhq/postern/queue"
)

func (m *Memory) Move(ctx context.Context, from, to string) (queue.Moved, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var sum queue.Moved
	if from == to {
		return sum, fmt.Errorf("what waits in lane %q is there already", from)
	}
	if err := cmp.Or(m.open(), ctx.Err()); err != nil || m.lanes[from] == nil {
		return sum, err
	}
	a, b, now := m.lanes[from], m.lane(to), m.now()
	ahead := b.clock(now) - a.clock(now)
	halted := map[queue.Order]bool{} // orders of which one stays that others stay behind
	slices.SortFunc(a.pending, func(x, y *delivery) int { return cmp.Compare(x.seq, y.seq) })
	a.pending = slices.DeleteFunc(a.pending, func(d *delivery) bool {
		switch {
		case d.leased:
			sum.Leased++
			halted[d.order] = d.d.Ordered
			return false
		case halted[d.order] || m.behindHold(d):
			sum.Behind++
			return false
		case slices.ContainsFunc(d.event.owed, func(o *delivery) bool { return o.lane == b }):
			sum.Owed++
			return false
		}
		r := a.rows[d.order]
		m.leave(d)
		d.lane, d.d.Webhook = b, to
		d.due += ahead
		d.age += ahead
		b.pending = append(b.pending, d)
		m.join(d, r != nil && r.stood)
		sum.Moved++
		return true
	})
	for order := range a.rows {
		m.call(a, order)
	}
	return sum, nil
}
