package embedded

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/queue"
)

const maxNote = 4 << 10

// need returns the named lanes. New ones are on disk before anything refers to
// their numbers.
func (l *Line) need(names []string) (map[string]*lane, error) {
	found := make(map[string]*lane, len(names))
	missing := false
	for _, name := range names {
		n := l.lane(name)
		found[name], missing = n, missing || n == nil
	}
	if !missing {
		return found, nil
	}
	l.laneMu.Lock()
	defer l.laneMu.Unlock()
	return found, l.makeLanes(found)
}

// makeLanes fills in what is nil; laneMu is held.
func (l *Line) makeLanes(found map[string]*lane) error {
	var next uint32
	for _, n := range l.lanes() {
		next = max(next, n.num)
	}
	var made []*lane
	b := l.batch()
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if found[name] == nil {
			found[name] = l.lane(name)
		}
		if found[name] != nil {
			continue
		}
		next++
		n := l.newLane(next, laneRecord{name: name}, counts{})
		n.ready.all = true
		b.setLane(next, n.record())
		found[name], made = n, append(made, n)
	}
	if len(made) == 0 {
		return b.Close()
	}
	if err := l.store.apply(b, pebble.Sync); err != nil {
		return err
	}
	l.lanesMu.Lock()
	defer l.lanesMu.Unlock()
	for _, n := range made {
		l.addLane(n)
	}
	return nil
}

// Stop implements queue.Line.
func (l *Line) Stop(ctx context.Context, lanes map[string]bool) error {
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	found, err := l.need(slices.Collect(maps.Keys(lanes)))
	if err != nil {
		return err
	}
	for name, stop := range lanes {
		found[name].stop(stop)
	}
	return l.writeLanes()
}

// Note implements queue.Line.
func (l *Line) Note(ctx context.Context, name string, note []byte) error {
	if len(note) > maxNote {
		return fmt.Errorf("a note of %d bytes: at most %d are kept", len(note), maxNote)
	}
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	found, err := l.need([]string{name})
	if err != nil {
		return err
	}
	n := found[name]
	n.mu.Lock()
	n.note, n.dirty = bytes.Clone(note), true
	n.mu.Unlock()
	return l.writeLanes()
}

// writeLanes stores every lane record that has changed since it was stored.
func (l *Line) writeLanes() error {
	l.laneMu.Lock()
	defer l.laneMu.Unlock()
	var changed []*lane
	b := l.batch()
	for _, n := range l.lanes() {
		n.mu.Lock()
		dirty, record := n.dirty, n.record()
		n.dirty = false
		n.mu.Unlock()
		if !dirty {
			continue
		}
		changed = append(changed, n)
		b.setLane(n.num, record)
	}
	if len(changed) == 0 {
		return b.Close()
	}
	// The clock goes with it: a lane must not start before it was stopped.
	err := l.applyWithMark(b, pebble.Sync)
	if err != nil {
		for _, n := range changed {
			n.mu.Lock()
			n.dirty = true
			n.mu.Unlock()
		}
	}
	return err
}

// Lanes implements queue.Line.
func (l *Line) Lanes(ctx context.Context) (out []queue.Lane, err error) {
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	for _, n := range l.lanes() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n.mu.Lock()
		c := n.counts
		shown := queue.Lane{
			Name: n.name, Stopped: n.since != 0, Note: bytes.Clone(n.note),
			Pending: c.of[pending], Delivered: c.of[delivered], Failed: c.of[failed], Skipped: c.of[skipped],
		}
		rows := n.rows
		n.mu.Unlock()
		if shown.Pending > 0 {
			if err := l.oldest(n, rows, &shown); err != nil {
				return nil, err
			}
		}
		if rows && shown.Failed > 0 {
			if shown.Holding, err = l.holding(n); err != nil {
				return nil, err
			}
		}
		out = append(out, shown)
	}
	return out, nil
}

const oldestAmong = 10_000

// oldest looks for the delivery accepted first: that with the lowest seq.
func (l *Line) oldest(n *lane, rows bool, shown *queue.Lane) error {
	var first place
	seen := 0
	if rows {
		err := l.oldestInRows(n, func(r ref) {
			if seen == 0 || r.seq < first.seq {
				first, seen = place{seq: r.seq, from: r.lane}, 1
			}
		})
		if err != nil {
			return err
		}
	}
	among := seen + oldestAmong
	err := l.store.ascend(laneKey(inWaiting, n.num), laneKey(inWaiting, n.num+1), func(it *pebble.Iterator) (bool, error) {
		if _, p, ok := parseWaiting(it.Key()); ok && (seen == 0 || p.seq < first.seq) {
			first = p
		}
		seen++
		return seen < among, nil
	})
	if err != nil || seen == 0 {
		return err
	}
	d, err := l.read(first.ref(n.num))
	if err == nil && d != nil {
		shown.Oldest = d.created
	}
	return nil // unreadable: Take will see to it
}
