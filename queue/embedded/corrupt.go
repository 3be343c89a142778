package embedded

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// errStuck tells of a record that Pebble itself can't read: it can't be moved
// either, so it stays where it is.
var errStuck = fmt.Errorf("%w by the storage", errUnreadable)

// setAside moves an unreadable record out of the way, in a batch that puts
// another in its place or leaves it empty. It is never deleted. Whoever has
// written the batch counts it.
func (l *Line) setAside(b batch, key []byte) error {
	v, done, err := l.store.get(key)
	if errors.Is(err, errUnreadable) {
		l.countStuck(key)
		return errStuck
	}
	if err != nil {
		return err
	}
	l.log.Warn("a record is unreadable and is set aside", zap.Binary("key", key))
	b.set(asideKey(key, l.clock.read()), v)
	b.remove(key)
	if done != nil {
		return done.Close()
	}
	return nil
}

// countAside counts a record that was set aside.
func (l *Line) countAside() {
	l.statsMu.Lock()
	defer l.statsMu.Unlock()
	l.corrupt++
}

const maxStuck = 100_000

// countStuck counts a record that can't be moved, which is met again and again,
// once. Of more than so many the rest is not counted.
func (l *Line) countStuck(key []byte) {
	l.statsMu.Lock()
	defer l.statsMu.Unlock()
	if _, known := l.stuck[string(key)]; known || len(l.stuck) >= maxStuck {
		return
	}
	if l.stuck == nil {
		l.stuck = map[string]struct{}{}
	}
	l.stuck[string(key)] = struct{}{}
	l.corrupt++
	l.log.Warn("a record is unreadable and stays where it is", zap.Binary("key", key))
}

// quarantine sets a record aside by itself.
func (l *Line) quarantine(key []byte) error {
	b := l.batch()
	err := l.setAside(b, key)
	if errors.Is(err, errStuck) {
		return b.Close()
	}
	if err == nil {
		err = l.store.apply(b, pebble.NoSync)
	}
	if err == nil {
		l.countAside()
	}
	return err
}

// mend puts a failed delivery in the place of an unreadable record, so that it
// is seen and can be replayed. at is its place, leased, when it was found there.
func (l *Line) mend(n *lane, r ref, at *place) error {
	l.mendMu.Lock()
	defer l.mendMu.Unlock()
	n.drop(r.seq)
	if _, err := l.read(r); !errors.Is(err, errUnreadable) {
		if err == nil && at != nil {
			n.end(r.seq, at, counts{})
		}
		return err
	}
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	key := r.key(inDeliveries)
	x := l.changeRows()
	b := x.b
	err := x.lose(r)
	if err == nil {
		err = l.setAside(b, key)
	}
	if errors.Is(err, errStuck) && at != nil {
		return x.apply() // out of reach until the next opening, so that it stops nobody
	}
	if err != nil {
		x.drop()
		return err
	}
	d := l.standIn(n, r)
	b.set(key, d.encode(nil, key))
	b.remove(r.key(inSaid))
	b.removeFrom(r.bodyKey(0), r.bodyKey(math.MaxInt32))
	b.set(recountKey, nil) // what it was counted as is not known for sure
	change := d.counts()
	if at != nil {
		b.remove(waitingKey(n.num, *at))
		change.of[pending]--
	}
	b.count(n.num, change)
	if err := x.apply(); err != nil {
		return err
	}
	l.countAside()
	l.bytes.Add(change.bytes)
	if at != nil {
		n.end(r.seq, nil, change)
	} else {
		n.count(change)
	}
	return nil
}

// standIn is what can still be said of a delivery whose record is unreadable.
func (l *Line) standIn(n *lane, r ref) *delivery {
	now := l.clock.read()
	d := &delivery{ref: r, state: failed, created: timeOf(r.seq), at: now, aged: n.time(), ended: now, number: 1}
	d.moveTo(n.num)
	if e, err := l.readEvent(r.seq); err == nil && e != nil {
		d.created, d.typ, d.eventID = e.Accepted, e.Type, e.ID
		d.eventSize = len(eventKey(r.seq)) + len(encodeEvent(nil, nil, e))
	}
	d.attempts = lostAttempts(l.o.Now().UTC())
	return d
}

// timeOf is when a seq was given out, about.
func timeOf(seq uint64) time.Time { return time.UnixMilli(int64(seq >> 20)).UTC() }

// astray removes a place at which d, which may be nil, does not wait. One that
// waits elsewhere in the lane gets its place back.
func (l *Line) astray(n *lane, p place, d *delivery) error {
	l.kept.RLock()
	defer l.kept.RUnlock()
	key := waitingKey(n.num, p)
	b := l.batch()
	aside := l.setAside(b, key)
	if aside != nil && !errors.Is(aside, errStuck) {
		return aside
	}
	var waits *place
	if d != nil && d.ordered() {
		if ok, err := l.hasTurn(n, d); err != nil {
			return err
		} else if !ok {
			d = nil
		}
	}
	if d != nil && d.state == pending && d.in() == n.num {
		right := d.place()
		waits = &right
		b.set(waitingKey(n.num, right), nil)
	}
	if err := l.store.apply(b, pebble.NoSync); err != nil {
		return err
	}
	if aside == nil {
		l.countAside()
	}
	n.end(p.seq, waits, counts{})
	return nil
}

// unmakeable ends a leased delivery for which no attempt can be made. aside is
// the unreadable record, if there is one.
func (l *Line) unmakeable(n *lane, d *delivery, aside []byte, why string) error {
	if aside != nil {
		if err := l.quarantine(aside); err != nil {
			return err
		}
	}
	return l.settle(n, d, failed, queue.Outcome{
		State:   event.Failed,
		Attempt: &event.Attempt{At: l.o.Now().UTC(), Error: why},
	})
}
