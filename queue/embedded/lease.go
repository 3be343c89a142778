package embedded

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

type lease struct {
	l     *Line
	n     *lane
	d     *delivery // as stored: nobody else changes it
	out   event.Delivery
	ended atomic.Bool
}

func (s *lease) Delivery() *event.Delivery { return &s.out }

func (s *lease) Release() error {
	if err := s.l.pass(); err != nil {
		return err
	}
	defer s.l.leave()
	if !s.ended.CompareAndSwap(false, true) {
		return queue.ErrSettled
	}
	if s.d.ordered() {
		return s.l.releaseInRow(s.n, s.d)
	}
	p := s.d.place()
	s.n.end(p.seq, &p, counts{})
	return nil
}

func (s *lease) Settle(ctx context.Context, o queue.Outcome) error {
	to, ok := stateOf(o.State)
	if !ok {
		return fmt.Errorf("an attempt can't leave a delivery %q", o.State)
	}
	if err := s.l.pass(); err != nil {
		return err
	}
	defer s.l.leave()
	if !s.ended.CompareAndSwap(false, true) {
		return queue.ErrSettled
	}
	return s.l.settle(s.n, s.d, to, o)
}

// settle ends a lease on d, and writes how it ended.
func (l *Line) settle(n *lane, d *delivery, to state, o queue.Outcome) error {
	if d.ordered() {
		if err := l.settleInRow(n, d, to, o); err != nil {
			return err
		}
		l.written()
		return l.trim(n)
	}
	if to.ended() {
		if err := l.settleSoon(n, d, to, o); err != nil {
			return err
		}
		l.written()
		return l.trim(n)
	}
	b := l.batch()
	waits, change := l.conclude(b, n, d, to, o)
	if err := l.store.apply(b, pebble.NoSync); err != nil {
		return err
	}
	l.written()
	l.bytes.Add(change.bytes)
	n.end(d.seq, waits, change)
	return l.trim(n)
}

// conclude puts the end of a lease into a batch. waits is where d waits now; nil:
// it has ended.
func (l *Line) conclude(b batch, n *lane, d *delivery, to state, o queue.Outcome) (waits *place, change counts) {
	b.remove(waitingKey(n.num, d.place()))
	waits, change = l.record(b, n, d, to, o)
	if waits != nil {
		b.set(waitingKey(n.num, *waits), nil)
	}
	b.count(n.num, change)
	return waits, change
}

// record is conclude, but for places and counts.
func (l *Line) record(b batch, n *lane, d *delivery, to state, o queue.Outcome) (waits *place, change counts) {
	was := d.counts()
	if o.Attempt != nil {
		d.charge(b, o.Attempt)
	}
	d.state, d.class = to, string(o.Class)
	if to == pending {
		d.due = n.time() + int64(max(0, o.Wait))
		p := d.place()
		waits = &p
		if o.Said != nil {
			d.say(b, o.Said)
		}
	} else {
		d.ended = l.clock.read()
	}
	if to == delivered || to == skipped {
		d.say(b, nil) // only a failed one can be asked for it again
	}
	key := d.ref.key(inDeliveries)
	b.set(key, d.encode(nil, key))
	change = d.counts()
	change.add(was.minus())
	return waits, change
}

// charge adds an attempt; the oldest of a long history go.
func (d *delivery) charge(b batch, made *event.Attempt) {
	d.number++
	d.charged++
	a := attempt{Attempt: *made}
	a.Number, a.ResponseBody = d.number, nil
	if len(made.ResponseBody) > 0 {
		key := d.bodyKey(a.Number)
		v := encodeBody(key, made.ResponseBody)
		a.bodySize = len(key) + len(v)
		b.set(key, v)
	}
	d.attempts = append(d.attempts, a)
	for len(d.attempts) > maxAttempts {
		if d.attempts[0].bodySize > 0 {
			b.remove(d.bodyKey(d.attempts[0].Number))
		}
		d.attempts = d.attempts[1:]
	}
}

// say stores what d says, or removes it.
func (d *delivery) say(b batch, s *event.Said) {
	key := d.ref.key(inSaid)
	if s == nil {
		if d.saidSize > 0 {
			b.remove(key)
		}
		d.saidSize = 0
		return
	}
	v := encodeSaid(key, s)
	d.saidSize = len(key) + len(v)
	b.set(key, v)
}

// trim deletes, now and then, the emptied head of a lane as one range.
func (l *Line) trim(n *lane) error {
	if !n.gone() {
		return nil
	}
	l.kept.RLock()
	defer l.kept.RUnlock()
	from, to, any := n.emptyHead()
	if !any {
		return nil
	}
	b := l.batch()
	b.removeFrom(waitingKey(n.num, from), waitingKey(n.num, to))
	return l.store.apply(b, pebble.NoSync)
}
