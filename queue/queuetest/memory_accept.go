package queuetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func (m *Memory) Accept(ctx context.Context, entries []queue.Entry) ([]queue.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(ctx.Err(), m.open()); err != nil {
		return nil, err
	}
	now := m.now()
	receipts := make([]queue.Receipt, len(entries))
	fresh := map[string]*stored{}
	var need int64
	for i, e := range entries {
		known := m.find(e, fresh, now)
		if known != nil && !same(&known.event, &e.Event) {
			return nil, &queue.ConflictError{Index: i, ID: cmp.Or(e.Key, e.Event.ID)}
		}
		if known != nil {
			receipts[i] = queue.Receipt{ID: known.event.ID, Duplicate: true}
			continue
		}
		s := &stored{event: e.Event, size: int64(len(e.Event.Data)) + 256, at: now}
		need += s.size + int64(len(e.Owed))*128
		fresh[e.Event.ID] = s
		if e.Key != "" {
			fresh["key:"+e.Key] = s
		}
		receipts[i] = queue.Receipt{ID: e.Event.ID}
	}
	if !m.room(need) {
		return nil, queue.ErrFull
	}
	for i, e := range entries {
		if receipts[i].Duplicate {
			continue
		}
		m.add(fresh[e.Event.ID], e, now)
		for _, o := range e.Owed {
			if o.State != event.Skipped {
				receipts[i].Deliveries++
			}
		}
	}
	return receipts, nil
}

// find looks for the event that an entry repeats.
func (m *Memory) find(e queue.Entry, fresh map[string]*stored, now time.Time) *stored {
	names := []string{e.Event.ID}
	if e.Key != "" {
		names = append(names, "key:"+e.Key)
	}
	for _, name := range names {
		if k, ok := m.ids[name]; ok && now.Sub(k.at) < remembered {
			return k.event
		}
		if s := fresh[name]; s != nil {
			return s
		}
	}
	return nil
}

func same(a, b *event.Event) bool {
	return a.Type == b.Type && a.Source == b.Source && bytes.Equal(a.Data, b.Data)
}

func (m *Memory) add(s *stored, e queue.Entry, now time.Time) {
	m.events = append(m.events, s)
	m.bytes += s.size
	m.ids[e.Event.ID] = known{s, now}
	if e.Key != "" {
		m.ids["key:"+e.Key] = known{s, now}
	}
	for _, o := range e.Owed {
		m.seq++
		l := m.lane(o.Lane)
		d := &delivery{seq: m.seq, lane: l, event: s, d: event.Delivery{
			ID: fmt.Sprintf("dlv_%012d", m.seq), EventID: e.Event.ID, Type: e.Event.Type, Webhook: o.Lane,
			State: o.State, Class: o.Class, Created: e.Event.Accepted,
		}}
		d.due, d.age = l.clock(now), l.clock(now)
		if o.State != event.Skipped {
			d.order, d.d.Ordered = o.Order, o.Order != queue.Order{}
		}
		if o.State == event.Pending {
			l.pending = append(l.pending, d)
		} else {
			d.ended = now
		}
		if o.Error != "" {
			d.number = 1
			d.d.Attempts = []event.Attempt{{Number: 1, At: e.Event.Accepted, Class: o.Class, Error: o.Error}}
		}
		if d.d.Holds = d.d.Ordered && o.State == event.Failed && o.Hold; d.d.Holds || d.d.Ordered && o.State == event.Pending {
			m.join(d, false)
		}
		m.deliveries[d.d.ID] = d
		s.owed = append(s.owed, d)
		m.bytes += 128
	}
}
