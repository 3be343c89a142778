package queuetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func (m *Memory) Delivery(ctx context.Context, id string) (event.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.deliveries[id]
	if err := m.open(); err != nil || d == nil {
		return event.Delivery{}, cmp.Or(err, queue.ErrNotFound)
	}
	out := m.show(d, m.now())
	ev := d.event.event
	out.Event = &ev
	return out, nil
}

func (m *Memory) Event(ctx context.Context, id string) (event.Event, []event.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.ids[id]
	if err := m.open(); err != nil || !ok || !slices.Contains(m.events, known.event) {
		return event.Event{}, nil, cmp.Or(err, queue.ErrNotFound)
	}
	var owed []event.Delivery
	for _, d := range known.event.owed {
		if m.deliveries[d.d.ID] != nil {
			owed = append(owed, m.brief(d))
		}
	}
	return known.event.event, owed, nil
}

// brief is a delivery without its attempts.
func (m *Memory) brief(d *delivery) event.Delivery {
	out := m.show(d, m.now())
	out.Attempts, out.Said = nil, nil
	return out
}

func (m *Memory) List(ctx context.Context, f queue.Filter) (queue.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return queue.Page{}, err
	}
	before := m.seq + 1
	if f.Cursor != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(f.Cursor, "c"))
		if err != nil || f.Cursor[0] != 'c' {
			return queue.Page{}, queue.ErrCursor
		}
		before = n
	}
	limit := min(cmp.Or(f.Limit, 50), 500)
	var page queue.Page
	for _, d := range m.newest() {
		if d.seq >= before || !matches(f, &d.d) {
			continue
		}
		if len(page.Deliveries) == limit {
			last := m.deliveries[page.Deliveries[limit-1].ID]
			page.NextCursor = "c" + strconv.Itoa(last.seq)
			break
		}
		page.Deliveries = append(page.Deliveries, m.brief(d))
	}
	return page, nil
}

func (m *Memory) newest() []*delivery {
	all := make([]*delivery, 0, len(m.deliveries))
	for _, d := range m.deliveries {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *delivery) int { return cmp.Compare(b.seq, a.seq) })
	return all
}

func matches(f queue.Filter, d *event.Delivery) bool {
	return (f.Lanes == nil || slices.Contains(f.Lanes, d.Webhook)) &&
		!slices.Contains(f.NotIn, d.Webhook) &&
		(f.States == nil || slices.Contains(f.States, d.State)) &&
		(f.Type == "" || f.Type == d.Type) &&
		(f.Class == "" || f.Class == d.Class) &&
		!d.Created.Before(f.Since)
}

func (m *Memory) Replay(ctx context.Context, id string) (event.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.deliveries[id]
	if err := m.open(); err != nil || d == nil {
		return event.Delivery{}, cmp.Or(err, queue.ErrNotFound)
	}
	if d.leased {
		return event.Delivery{}, queue.ErrLeased
	}
	now := m.now()
	d.due = d.lane.clock(now)
	if d.d.State != event.Pending {
		d.d.State, d.d.Charged, d.d.Said, d.ended, d.d.Holds = event.Pending, 0, nil, time.Time{}, false
		d.age = d.due
		d.lane.pending = append(d.lane.pending, d)
		m.join(d, false)
	}
	return m.show(d, now), nil
}

func (m *Memory) Sweep(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return err
	}
	now := m.now()
	for _, s := range slices.Clone(m.events) {
		m.remove(s, func(d *delivery) bool {
			keep := m.o.RetainDelivered
			if d.d.State == event.Failed {
				keep = m.o.RetainFailed
			}
			return now.Sub(d.ended) >= keep
		}, now.Sub(s.at) >= m.o.RetainDelivered)
	}
	maps.DeleteFunc(m.ids, func(_ string, k known) bool {
		return now.Sub(k.at) >= remembered && !slices.Contains(m.events, k.event)
	})
	m.room(0)
	return nil
}

// room discards history, oldest first, until need more bytes fit.
func (m *Memory) room(need int64) bool {
	if need > m.o.MaxBytes {
		return false
	}
	for _, failed := range []bool{false, true} {
		for _, s := range slices.Clone(m.events) {
			if m.bytes+need <= m.o.MaxBytes {
				return true
			}
			m.remove(s, func(d *delivery) bool {
				if (d.d.State == event.Failed) != failed {
					return false
				}
				m.discarded[queue.Discard{Lane: d.lane.name, State: d.d.State}]++
				return true
			}, true)
		}
	}
	return m.bytes+need <= m.o.MaxBytes
}

// remove takes the ended deliveries that old chooses from an event, and the
// event with the last one. unowed tells whether one that owed nothing goes too.
func (m *Memory) remove(s *stored, old func(*delivery) bool, unowed bool) {
	none := len(s.owed) == 0
	s.owed = slices.DeleteFunc(s.owed, func(d *delivery) bool {
		if d.d.State == event.Pending || m.holdsSome(d) || !old(d) {
			return false
		}
		m.leave(d)
		delete(m.deliveries, d.d.ID)
		m.bytes -= 128
		return true
	})
	if len(s.owed) == 0 && (!none || unowed) {
		m.events = slices.DeleteFunc(m.events, func(e *stored) bool { return e == s })
		m.bytes -= s.size
	}
}

var _ queue.Line = (*Memory)(nil)
