package embedded

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// Accept implements queue.Line.
func (l *Line) Accept(ctx context.Context, entries []queue.Entry) ([]queue.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkOwed(entries); err != nil {
		return nil, err
	}
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	names := namesOf(entries)
	held := unique(names)
	if err := l.ids.hold(ctx, held); err != nil {
		return nil, err
	}
	defer l.ids.release(held)
	receipts := make([]queue.Receipt, len(entries))
	news, err := l.sift(entries, names, receipts)
	if err != nil {
		return nil, err
	}
	if len(news) == 0 {
		return receipts, nil
	}
	var need int64
	for _, f := range news {
		need += sizeOf(f.entry)
	}
	if err := l.reserve(need); err != nil {
		return nil, err
	}
	if err := l.keep(news, receipts, need); err != nil {
		l.bytes.Add(-need)
		return nil, err
	}
	return receipts, nil
}

func checkOwed(entries []queue.Entry) error {
	for i := range entries {
		for _, o := range entries[i].Owed {
			if s, ok := stateOf(o.State); !ok || s == delivered {
				return fmt.Errorf("event %q: a delivery to %q can't begin as %q", entries[i].Event.ID, o.Lane, o.State)
			}
		}
	}
	return nil
}

// keep writes new events and what they owe, in one synced batch.
func (l *Line) keep(news []fresh, receipts []queue.Receipt, reserved int64) error {
	lanes, err := l.need(lanesOf(news))
	if err != nil {
		return err
	}
	a := &acceptance{
		l: l, lanes: lanes,
		waits:   make([]waiting, 0, len(news)),
		changes: make(map[*lane]*counts, len(lanes)+1),
	}
	if inRows(news) {
		return a.keepInRows(news, receipts, reserved)
	}
	a.b = l.batch()
	first, landed := l.takeOff(len(news))
	defer landed()
	kept := a.addAll(news, receipts, first)
	start := time.Now()
	if err := l.store.apply(a.b, pebble.Sync); err != nil {
		return err
	}
	l.o.Synced(time.Since(start))
	a.count()
	a.publish()
	l.bytes.Add(kept - reserved)
	return nil
}

// addAll puts all news into the batch, and returns their bytes.
func (a *acceptance) addAll(news []fresh, receipts []queue.Receipt, first uint64) (kept int64) {
	a.now = a.l.clock.read()
	for i, f := range news {
		receipts[f.index].Deliveries = a.add(f, first+uint64(i))
	}
	for n, c := range a.changes {
		a.b.count(n.num, *c)
		kept += c.bytes
	}
	return kept
}

func lanesOf(news []fresh) []string {
	if len(news) == 1 && len(news[0].entry.Owed) == 1 {
		return []string{news[0].entry.Owed[0].Lane}
	}
	seen := map[string]struct{}{}
	for _, f := range news {
		for _, o := range f.entry.Owed {
			seen[o.Lane] = struct{}{}
		}
	}
	return slices.Collect(maps.Keys(seen))
}

// takeOff gives out n seqs in a row, the first of which it returns. Until
// landed is called, nothing at or above them may be removed as a range.
func (l *Line) takeOff(n int) (first uint64, landed func()) {
	l.seqMu.Lock()
	defer l.seqMu.Unlock()
	first = max(l.seq+1, seqAt(l.o.Now()))
	l.seq = first + uint64(n) - 1
	l.flying[first] = struct{}{}
	return first, func() {
		l.seqMu.Lock()
		defer l.seqMu.Unlock()
		delete(l.flying, first)
	}
}

// landedBelow is a seq below which no Accept is under way.
func (l *Line) landedBelow() uint64 {
	l.seqMu.Lock()
	defer l.seqMu.Unlock()
	least := l.seq + 1
	for seq := range l.flying {
		least = min(least, seq)
	}
	return least
}

// seqAt is the lowest seq that is given out at t.
func seqAt(t time.Time) uint64 { return uint64(max(0, t.UnixMilli())) << 20 }

// An acceptance is the one batch of an Accept.
type acceptance struct {
	l       *Line
	b       batch
	lanes   map[string]*lane
	now     int64
	waits   []waiting
	changes map[*lane]*counts
	rows    *rowChange // nil: nothing is in an order
	failed  error      // of rows
}

type waiting struct {
	lane *lane
	d    *delivery
	from *arrival
}

func (a *acceptance) change(n *lane) *counts {
	c := a.changes[n]
	if c == nil {
		c = new(counts)
		a.changes[n] = c
	}
	return c
}

// add puts one event and what it owes into the batch, and returns how many
// deliveries are not skipped.
func (a *acceptance) add(f fresh, seq uint64) (owed int) {
	e := &f.entry.Event
	key := eventKey(seq)
	v := encodeEvent(key, e)
	a.b.set(key, v)
	size := len(key) + len(v)
	a.change(a.l.nobody).bytes += int64(size)
	for _, n := range f.names {
		known := accepted{seq: seq, at: a.now, digest: f.digest}
		if n.in == inKeys {
			known.id = e.ID
		}
		key := n.key()
		a.b.set(key, known.encode(key))
	}
	d := delivery{
		ref: ref{seq, nobody}, state: unowed, created: fromNano(toNano(e.Accepted)), at: a.now, ended: a.now,
		eventSize: size, typ: e.Type, eventID: e.ID,
	}
	if f.entry.Key != "" {
		d.key = &f.names[1].hash
	}
	from := &arrival{event: e}
	for i := range f.entry.Owed {
		if a.owe(d, from, &f.entry.Owed[i]) != skipped {
			owed++
		}
	}
	if len(f.entry.Owed) == 0 {
		a.put(a.l.nobody, &d)
	}
	return owed
}

// owe completes d, which has what all deliveries of an event share.
func (a *acceptance) owe(d delivery, from *arrival, o *queue.Owed) state {
	n := a.lanes[o.Lane]
	d.lane, d.class = n.num, string(o.Class)
	d.state, _ = stateOf(o.State)
	switch {
	case o.Order != queue.Order{} && a.stands(n, &d, o):
		d.ended = 0
		d.due = n.time()
		d.aged = d.due
	case d.state == pending:
		d.ended = 0
		d.due = n.begin(d.seq)
		d.aged = d.due
		a.waits = append(a.waits, waiting{n, &d, from})
		a.b.set(waitingKey(n.num, d.place()), nil)
	default:
		d.aged = n.time()
	}
	if o.Error != "" {
		d.number = 1
		d.attempts = []attempt{{Attempt: event.Attempt{Number: 1, At: d.created, Class: o.Class, Error: o.Error}}}
	}
	a.put(n, &d)
	return d.state
}

func (a *acceptance) put(n *lane, d *delivery) {
	key := d.ref.key(inDeliveries)
	a.b.set(key, d.encode(key))
	a.change(n).add(d.counts())
}

func (a *acceptance) count() {
	for n, c := range a.changes {
		n.count(*c)
	}
}

// publish puts in reach what is now on disk.
func (a *acceptance) publish() {
	for i := range a.waits {
		w := &a.waits[i]
		w.lane.arrive(w.d, w.from)
	}
}
