package embedded

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// A lane is a webhook's place in the line. What is read here is what is on disk:
// every change is written first, and then made here.
type lane struct {
	num  uint32
	name string
	line *clock

	mu    sync.Mutex
	stood int64 // as in laneRecord
	since int64
	note  []byte
	dirty bool // stored record is older

	counts counts
	ready  ready

	rows bool // it has had rows: what has the lane's time may be old

	// out holds, by seq, what must not be leased now: leased deliveries, and
	// those that are being written. Their places stay out of ready.
	out map[uint64]place

	recent map[uint64]recent // by seq; of what is in ready
	room   *atomic.Int64     // of all lanes, that it takes

	emptied int   // places deleted since the last trim
	trimmed place // nothing is stored below
}

var lowest = place{due: math.MinInt64}

// newLane makes a lane of what is stored; nothing tells yet what waits in it.
func (l *Line) newLane(num uint32, r laneRecord, c counts) *lane {
	return &lane{
		num: num, name: r.name, line: l.clock, stood: r.stood, since: r.since, note: r.note, counts: c,
		ready: ready{end: lowest}, out: map[uint64]place{}, trimmed: lowest,
		recent: map[uint64]recent{}, room: &l.recent,
	}
}

// record is what is to be stored; mu is held.
func (n *lane) record() *laneRecord {
	return &laneRecord{name: n.name, stood: n.stood, since: n.since, note: n.note}
}

// now is the lane's time; mu is held, so that no place is written below one
// that another call has seen go by.
func (n *lane) now() int64 {
	now := n.line.read()
	if n.since != 0 {
		now = n.since
	}
	return now - n.stood
}

// time is now, for those who don't hold mu.
func (n *lane) time() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now()
}

// stop stops or starts the clock.
func (n *lane) stop(stop bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case stop && n.since == 0:
		n.since = n.line.read()
	case !stop && n.since != 0:
		n.stood += n.line.read() - n.since
		n.since = 0
	default:
		return
	}
	n.dirty = true
}

// begin takes a delivery out of reach while it is written, due at once. It
// returns the lane's time.
func (n *lane) begin(seq uint64) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.now()
	n.out[seq] = place{due: t, seq: seq}
	return t
}

// hasRows notes that what comes to wait may have been accepted long ago.
func (n *lane) hasRows() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rows = true
}

// seize takes a delivery out of reach, and tells whether it was in reach. Until
// it ends nothing is trimmed: where it waits may still have to be read.
func (n *lane) seize(seq uint64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, out := n.out[seq]; out {
		return false
	}
	n.out[seq] = place{due: lowest.due, seq: seq}
	n.forget(seq)
	return true
}

// letGo puts a delivery that was seized back where it was, if it waits: what
// waits is read anew.
func (n *lane) letGo(seq uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.out, seq)
	n.ready = ready{end: lowest}
}

// leave notes that a delivery that was seized no longer waits at p.
func (n *lane) leave(p place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ready.remove(p)
}

// end puts a delivery that began, or was leased, back in reach: at its place if
// it waits, nowhere if it has ended.
func (n *lane) end(seq uint64, at *place, change counts) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.out, seq)
	n.counts.add(change)
	if at != nil {
		n.ready.insert(*at)
	}
}

// count changes what the lane is known to hold.
func (n *lane) count(change counts) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.counts.add(change)
}

// pick leases the places of at most most due deliveries, and tells when the
// next one is due by the lane's clock, if one waits; mu is held.
func (n *lane) pick(s *store, t int64, most int) (picked []place, next *place, err error) {
	for {
		for len(n.ready.places) > 0 {
			p := n.ready.places[0]
			if _, out := n.out[p.seq]; !out && (p.due > t || len(picked) >= most) {
				next := p // alone: what is picked is not moved to the heap
				return picked, &next, nil
			} else if !out {
				picked = append(picked, p)
				n.out[p.seq] = p
			}
			n.ready.pop()
		}
		if n.ready.all {
			return picked, nil, nil
		}
		if err := n.load(s); err != nil && len(picked) == 0 {
			return nil, nil, err
		} else if err != nil {
			return picked, &place{due: t}, nil // it will show again
		}
	}
}

// load reads the next places; mu is held, and places is empty. What is being
// written meanwhile is out, and comes in by end.
func (n *lane) load(s *store) error {
	r := ready{all: true, places: make([]place, 0, readyLoad)}
	err := s.ascend(waitingKey(n.num, n.ready.end), laneKey(inWaiting, n.num+1), func(it *pebble.Iterator) (bool, error) {
		_, p, ok := parseWaiting(it.Key())
		if _, out := n.out[p.seq]; !ok || out {
			return true, nil
		}
		if len(r.places) == readyLoad {
			r.end, r.all = p, false
			return false, nil
		}
		r.places = append(r.places, p)
		return true, nil
	})
	if err == nil {
		n.ready = r
	}
	return err
}

const trimEvery = 10_000

// gone notes that a place was deleted, and tells now and then that the emptied
// head is worth one range deletion: single ones make the next scan from the
// lane's head slow.
func (n *lane) gone() (worth bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.emptied++
	return n.emptied >= trimEvery
}

// emptyHead tells which range of places can be deleted. It stays below
// everything that waits, is leased or is being written, and below the lane's
// time, at which the next one will be written. The line's kept is held until it
// is deleted: what is moved here may be due earlier.
func (n *lane) emptyHead() (from, to place, any bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	to = place{due: n.now()}
	if p, any := n.ready.first(); any && p.before(to) {
		to = p
	}
	for _, p := range n.out {
		if p.before(to) {
			to = p
		}
	}
	from, n.emptied = n.trimmed, 0
	if !from.before(to) {
		return from, to, false
	}
	n.trimmed = to
	return from, to, true
}
