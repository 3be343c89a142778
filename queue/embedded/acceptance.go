package embedded

import (
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// An acceptance is the one batch of some Accepts.
type acceptance struct {
	l       *Line
	b       batch
	intakes []*intake
	now     int64
	waits   []waiting
	changes laneChanges
	rows    *rowChange // nil: nothing is in an order
	failed  error      // of rows
	key     []byte     // of the record that is being encoded
	value   []byte
}

type waiting struct {
	lane *lane
	d    *delivery
	from *arrival
}

// LaneChanges are what a batch changes of the counts of lanes.
type laneChanges map[*lane]counts

func (c laneChanges) add(n *lane, by counts) {
	sum := c[n]
	sum.add(by)
	c[n] = sum
}

// events is how many there are.
func (a *acceptance) events() (n int) {
	for _, in := range a.intakes {
		n += len(in.news)
	}
	return n
}

// addAll puts everything into the batch but the counts, kind by kind: the table in
// memory finds the place of a key soonest beside that of the one before.
func (a *acceptance) addAll(first uint64) {
	a.now = a.l.clock.read()
	a.changes = laneChanges{}
	seq := first
	a.each(func(_ *intake, f *fresh) {
		f.seq = seq
		seq++
		a.addEvent(f)
	})
	a.each(func(_ *intake, f *fresh) { a.addNames(f) })
	a.each(func(in *intake, f *fresh) { in.receipts[f.index].Deliveries = a.addOwed(f) })
	for i := range a.waits {
		w := &a.waits[i]
		a.b.set(waitingKey(w.lane.num, w.d.place()), nil)
	}
}

func (a *acceptance) each(do func(*intake, *fresh)) {
	for _, in := range a.intakes {
		for i := range in.news {
			do(in, &in.news[i])
		}
	}
}

func (a *acceptance) addEvent(f *fresh) {
	a.key = appendSeqKey(a.key[:0], inEvents, f.seq)
	a.value = encodeEvent(a.value, a.key, &f.entry.Event)
	a.b.set(a.key, a.value)
	f.size = len(a.key) + len(a.value)
	a.changes.add(a.l.nobody, counts{bytes: int64(f.size)})
}

func (a *acceptance) addNames(f *fresh) {
	for _, n := range f.names {
		known := accepted{seq: f.seq, at: a.now, digest: f.digest}
		if n.in == inKeys {
			known.id = f.entry.Event.ID
		}
		a.key = n.appendKey(a.key[:0])
		a.value = known.encode(a.value, a.key)
		a.b.set(a.key, a.value)
	}
}

// addOwed returns how many deliveries are not skipped.
func (a *acceptance) addOwed(f *fresh) (owed int) {
	e := &f.entry.Event
	d := delivery{
		ref: ref{f.seq, nobody}, state: unowed, created: fromNano(toNano(e.Accepted)), at: a.now, ended: a.now,
		eventSize: f.size, typ: e.Type, eventID: e.ID,
	}
	if f.entry.Key != "" {
		key := f.names[1].hash()
		d.key = &key
	}
	if len(f.entry.Owed) == 0 {
		a.put(a.l.nobody, &d)
		return 0
	}
	from := &arrival{event: e}
	for i := range f.entry.Owed {
		if a.owe(d, from, &f.entry.Owed[i]) != skipped {
			owed++
		}
	}
	return owed
}

// owe completes d, which has what all deliveries of an event share.
func (a *acceptance) owe(d delivery, from *arrival, o *queue.Owed) state {
	n := a.l.lane(o.Lane)
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
	a.key = d.ref.appendKey(a.key[:0], inDeliveries)
	a.value = d.encode(a.value, a.key)
	a.b.set(a.key, a.value)
	a.changes.add(n, d.counts())
}

func (a *acceptance) count() {
	for n, c := range a.changes {
		n.count(c)
	}
}

// publish puts in reach what is now on disk. Its bytes count from now on, and what
// was reserved for them does not.
func (a *acceptance) publish() {
	for _, c := range a.changes {
		a.l.bytes.Add(c.bytes)
	}
	for _, in := range a.intakes {
		a.l.bytes.Add(-in.reserved)
	}
	for i := range a.waits {
		w := &a.waits[i]
		w.lane.arrive(w.d, w.from)
	}
}
