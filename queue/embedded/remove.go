package embedded

import (
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/queue"
)

// A policy says how long after its end a delivery of each state is kept, in
// nanoseconds; never for what is pending.
type policy struct {
	retain  [states]int64
	now     int64
	discard bool // count what goes as discarded
}

const never = math.MaxInt64

// removes tells whether a delivery goes, and if not, when it will.
func (p *policy) removes(d *delivery) (gone bool, at int64) {
	keep := p.retain[d.state]
	if !d.state.ended() || keep == never || d.ended > never-keep {
		return false, never
	}
	return d.ended+keep <= p.now, d.ended + keep
}

// A removal goes once over the deliveries, oldest first, and takes out what its
// policy says: an event with its last delivery, others one by one. kept is held
// for writing during each step.
type removal struct {
	l      *Line
	policy policy
	from   ref
	most   int64 // stop when so many bytes are freed

	freed int64
	seen  int64 // records
	next  int64 // when the policy will remove more of what was seen
	bad   []ref // unreadable
	done  bool
}

const (
	stepRecords = 500 // looked at under one lock
	runEvents   = 32  // in a row, from which on they are removed as a range
)

// step looks at some records more. What is being accepted is not touched.
func (m *removal) step() error {
	m.l.rowsMu.Lock() // what holds must not go while something comes to wait for it
	defer m.l.rowsMu.Unlock()
	c := &cut{l: m.l, b: m.l.batch(), changes: map[*lane]*counts{}}
	below := m.l.landedBelow()
	var group []*head // of one event
	seen := 0
	m.done = true
	err := m.l.store.ascend(m.from.key(inDeliveries), seqKey(inDeliveries, below), func(it *pebble.Iterator) (bool, error) {
		r, ok := parseRef(it.Key())
		if !ok {
			return true, nil
		}
		if len(group) > 0 && group[0].seq != r.seq {
			if err := m.decide(c, group); err != nil {
				return false, err
			}
			group = group[:0]
			if seen >= stepRecords || m.freed >= m.most {
				m.from, m.done = ref{seq: r.seq}, false
				return false, nil
			}
		}
		seen++
		m.seen++
		h, err := decodeHead(append([]byte(nil), it.Key()...), append([]byte(nil), it.Value()...))
		if err != nil {
			m.bad = append(m.bad, r)
			h.ref, h.state = r, pending // so its event stays
		}
		group = append(group, &h)
		return true, nil
	})
	if err != nil {
		return err
	}
	if m.done && len(group) > 0 {
		if err := m.decide(c, group); err != nil {
			return err
		}
	}
	return c.apply(&m.policy)
}

// decide sees to all deliveries of one event.
func (m *removal) decide(c *cut, group []*head) error {
	gone := group[:0]
	for _, h := range group {
		yes, at := m.policy.removes(&h.delivery)
		if yes && h.holds {
			turn, alone, err := m.l.holdsNone(&h.delivery)
			if err != nil {
				return err
			}
			if yes = alone; yes {
				c.endHold(h, turn)
			}
		}
		if yes {
			gone = append(gone, h)
		} else {
			m.next = min(m.next, at)
		}
	}
	if len(gone) == 0 {
		c.endRun()
		return nil
	}
	whole := len(gone) == len(group)
	if !whole {
		c.endRun()
	}
	for _, h := range gone {
		m.freed += c.remove(h)
	}
	if whole {
		m.freed += c.event(&gone[0].delivery, gone[0].eventID)
	} else {
		c.endRun()
	}
	return nil
}

// A cut is the batch of one step.
type cut struct {
	l       *Line
	b       batch
	changes map[*lane]*counts
	removed int

	// A run of events that are removed whole, and their keys one by one.
	first, last uint64
	events      int
	keys        [][]byte
}

// remove takes out a delivery and returns its bytes.
func (c *cut) remove(h *head) int64 {
	d, err := h.whole()
	if err != nil {
		d = h.brief() // its attempts are unreadable: their bodies may stay behind
	}
	c.keys = append(c.keys, d.ref.key(inDeliveries))
	if d.saidSize > 0 {
		c.keys = append(c.keys, d.ref.key(inSaid))
	}
	for _, a := range d.attempts {
		if a.bodySize > 0 {
			c.keys = append(c.keys, d.bodyKey(a.Number))
		}
	}
	was := d.counts()
	c.change(d.in(), was.minus())
	c.removed++
	return was.bytes
}

// event takes out an event, all of whose deliveries were removed.
func (c *cut) event(d *delivery, id []byte) int64 {
	if c.events == 0 {
		c.first = d.seq
	}
	c.events, c.last = c.events+1, d.seq
	c.keys = append(c.keys, eventKey(d.seq))
	c.b.set(forgetKey(d.at, nameOfID(string(id))), nil)
	if d.key != nil {
		c.b.set(forgetKey(d.at, nameOfKey(*d.key)), nil)
	}
	c.change(nobody, counts{bytes: -int64(d.eventSize)})
	return int64(d.eventSize)
}

func (c *cut) change(num uint32, by counts) {
	n := c.l.laneNumbered(num)
	if n == nil {
		return
	}
	if c.changes[n] == nil {
		c.changes[n] = new(counts)
	}
	c.changes[n].add(by)
}

// endRun writes what was removed since the last one. Every event between first
// and last is gone, so a long run is four ranges.
func (c *cut) endRun() {
	if c.events >= runEvents {
		for _, in := range []byte{inEvents, inDeliveries, inSaid, inBodies} {
			c.b.removeFrom(seqKey(in, c.first), seqKey(in, c.last+1))
		}
	} else {
		for _, k := range c.keys {
			c.b.remove(k)
		}
	}
	c.events, c.keys = 0, c.keys[:0]
}

// apply makes the cut. It need not be synced: after a crash it is made again.
func (c *cut) apply(p *policy) error {
	c.endRun()
	if c.removed == 0 {
		return c.b.Close()
	}
	for n, change := range c.changes {
		c.b.count(n.num, *change)
	}
	// With the mark: the highest seq must not go with its event.
	if err := c.l.applyWithMark(c.b, pebble.NoSync); err != nil {
		return err
	}
	for n, change := range c.changes {
		c.l.bytes.Add(change.bytes)
		n.count(*change)
		if p.discard && n.num != nobody {
			c.l.noteDiscarded(n, change)
		}
	}
	return nil
}

func (l *Line) noteDiscarded(n *lane, change *counts) {
	l.statsMu.Lock()
	defer l.statsMu.Unlock()
	for s := delivered; s <= skipped; s++ {
		if gone := -change.of[s]; gone > 0 {
			l.discarded[queue.Discard{Lane: n.name, State: stateNames[s]}] += gone
		}
	}
}
