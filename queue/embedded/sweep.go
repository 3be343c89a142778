package embedded

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Sweep implements queue.Line.
func (l *Line) Sweep(ctx context.Context) (err error) {
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	for _, do := range []func(context.Context) error{
		func(context.Context) error { return l.writeLanes() },
		l.forgetUntaken,
		l.expire,
		l.forget,
		l.makeRoom,
		func(context.Context) error { l.space.tend(); return nil },
		l.reorderAstand,
		func(context.Context) error { return l.applyWithMark(l.batch(), pebble.NoSync) },
	} {
		err = errors.Join(err, do(ctx)) // one that fails, by damage for one, does not stop the others
		if ctx.Err() != nil || l.store.failure() != nil {
			break
		}
	}
	return err
}

// History is what the line knows of ended deliveries between two looks at them.
type history struct {
	expire int64 // when the next one is past its retention, at the earliest

	delivered, failed search // for room
}

// rest is the least time between two looks: a pass reads every d record.
func (l *Line) rest() int64 {
	return int64(min(5*time.Minute, l.o.RetainDelivered/16, l.o.RetainFailed/16))
}

// expire removes what is past its retention.
func (l *Line) expire(ctx context.Context) error {
	l.kept.RLock()
	due := l.history.expire
	l.kept.RUnlock()
	now := l.clock.read()
	if now < due {
		return nil
	}
	m := &removal{l: l, most: never, next: never, policy: policy{now: now}}
	keep := int64(l.o.RetainDelivered)
	m.policy.retain = [states]int64{delivered: keep, skipped: keep, unowed: keep, failed: int64(l.o.RetainFailed)}
	for {
		start := time.Now()
		l.kept.Lock()
		err := m.step()
		l.kept.Unlock()
		if err != nil {
			return err
		}
		if m.done {
			break
		}
		if err := breathe(ctx, time.Since(start)); err != nil {
			return err
		}
	}
	if err := l.mendAll(m.bad); err != nil {
		return err
	}
	// What is pending or comes now can't be past it sooner than this.
	soonest := now + int64(min(l.o.RetainDelivered, l.o.RetainFailed))
	l.kept.Lock()
	l.history.expire = max(now+l.rest(), min(m.next, soonest))
	l.kept.Unlock()
	return nil
}

// breathe leaves processor and disk to others for as long as a step has had them.
func breathe(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Line) mendAll(bad []ref) error {
	for _, r := range bad {
		n := l.laneNumbered(r.lane)
		if n == nil {
			continue
		}
		if err := l.mend(n, r, nil); err != nil && !errors.Is(err, errUnreadable) {
			return err
		}
	}
	return nil
}

const forgetAtOnce = 1000

// forget removes ids whose event is gone and whose 24 hours are over.
func (l *Line) forget(ctx context.Context) error {
	from := []byte{inForget}
	for {
		start := time.Now()
		next, err := l.forgetSome(ctx, from)
		if err != nil || next == nil {
			return err
		}
		if err := breathe(ctx, time.Since(start)); err != nil {
			return err
		}
		from = next // and not from the start, over what was just deleted
	}
}

// forgetSome returns where to go on; nil at the end.
func (l *Line) forgetSome(ctx context.Context, from []byte) (next []byte, err error) {
	b := l.batch()
	due := map[name]int64{}
	to := forgetKey(l.clock.read()-remembered, name{})
	if bytes.Compare(from, to) >= 0 {
		return nil, nil
	}
	err = l.store.ascend(from, to, func(it *pebble.Iterator) (bool, error) {
		if len(due) == forgetAtOnce {
			next = bytes.Clone(it.Key())
			return false, nil
		}
		if at, n, ok := parseForget(it.Key()); ok {
			due[n] = at // of two, the later one
		}
		b.remove(it.Key())
		return true, nil
	})
	if err != nil || len(due) == 0 {
		return nil, err
	}
	names := slices.Collect(maps.Keys(due))
	if err := l.ids.hold(ctx, names); err != nil {
		return nil, err
	}
	defer l.ids.release(names)
	for n, at := range due {
		known, err := l.accepted(n)
		if err != nil {
			return nil, err
		}
		if known != nil && known.at <= at { // else accepted anew since
			b.remove(n.key())
		}
	}
	return next, l.store.apply(b, pebble.NoSync)
}
