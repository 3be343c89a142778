package queuetest

import (
	"context"
	"slices"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

type lease struct {
	m     *Memory
	d     *delivery
	out   event.Delivery
	life  int // of the line, in which it was taken
	ended bool
}

func (l *lease) Delivery() *event.Delivery { return &l.out }

func (l *lease) Release() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if err := l.end(); err != nil {
		return err
	}
	l.m.call(l.d.lane, l.d.order)
	return nil
}

// end gives the delivery back, once.
func (l *lease) end() error {
	if err := l.m.open(); err != nil {
		return err
	}
	if l.ended || l.life != l.m.lives {
		return queue.ErrSettled
	}
	l.ended, l.d.leased = true, false
	return nil
}

func (l *lease) Settle(ctx context.Context, o queue.Outcome) error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if err := l.end(); err != nil {
		return err
	}
	now, d := l.m.now(), l.d
	d.d.State, d.d.Class = o.State, o.Class
	if o.Attempt != nil {
		d.number++
		d.d.Charged++
		a := *o.Attempt
		a.Number = d.number
		d.d.Attempts = append(d.d.Attempts, a)
		if extra := len(d.d.Attempts) - 50; extra > 0 {
			d.d.Attempts = d.d.Attempts[extra:]
		}
	}
	if o.State == event.Pending {
		d.due = d.lane.clock(now) + max(o.Wait, 0)
		if o.Said != nil {
			d.d.Said = o.Said
		}
		l.m.call(d.lane, d.order)
		return nil
	}
	d.ended = now
	if o.State != event.Failed {
		d.d.Said = nil
	}
	d.lane.pending = slices.DeleteFunc(d.lane.pending, func(p *delivery) bool { return p == d })
	if d.d.Holds = d.d.Ordered && o.State == event.Failed && o.Hold; !d.d.Holds {
		l.m.leave(d)
	}
	l.m.call(d.lane, d.order)
	return nil
}
