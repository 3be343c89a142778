package embedded

import (
	"bytes"
	"context"
	"time"

	"github.com/posternhq/postern/event"
)

// mostRecent bounds the bytes of all deliveries that are kept in memory until
// they are taken for the first time. What does not fit is read from disk.
const mostRecent = 4 << 20

// A recent is a delivery that was just accepted, as it is on disk, so that a
// lane that keeps up reads nothing back. It is let go when the delivery is taken,
// or may be changed by anybody else.
type recent struct {
	d     *delivery
	event *event.Event // shared by all deliveries that it owes
}

// sizeOfRecent is what a delivery takes up, or more: of its event each counts all.
func sizeOfRecent(e *event.Event) int64 {
	return int64(512 + len(e.Source) + besides(e) + len(e.Data))
}

// An arrival is an event that was just accepted. As it would be read back it is
// made once, for all that it owes, when somebody keeps it.
type arrival struct {
	event *event.Event
	back  *event.Event
}

func (a *arrival) recall() *event.Event {
	if a.back == nil {
		back := *a.event
		back.Accepted = fromNano(toNano(back.Accepted))
		back.Data = bytes.Clone(back.Data) // what it is a part of must not be kept with it
		a.back = &back
	}
	return a.back
}

// arrive puts a new delivery that is on disk in reach. It is kept in memory if
// the lane moves and all that waits in it is there too, and there is room. What
// stands in an order is not: whose turn it is says the disk.
func (n *lane) arrive(d *delivery, a *arrival) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := d.place()
	delete(n.out, p.seq)
	n.ready.insert(p)
	if n.since != 0 || !n.ready.all || d.ordered() {
		return
	}
	size := sizeOfRecent(a.event)
	if n.room.Add(size) > mostRecent {
		n.room.Add(-size)
		return
	}
	n.recent[p.seq] = recent{d, a.recall()}
}

// recalled takes what is kept of a delivery out of memory; nil if nothing is.
func (n *lane) recalled(seq uint64) (*delivery, *event.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.recent[seq]
	if !ok {
		return nil, nil
	}
	n.forget(seq)
	return r.d, r.event
}

// forget lets go of what is kept of a delivery, so that it is read from disk; mu
// is held.
func (n *lane) forget(seq uint64) {
	if r, ok := n.recent[seq]; ok {
		n.room.Add(-sizeOfRecent(r.event))
		delete(n.recent, seq)
	}
}

// drop is forget for those who don't hold mu.
func (n *lane) drop(seq uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(seq)
}

const untaken = time.Minute // then it is not likely to be taken soon

// forgetUntaken lets go of what no lane has taken for a while: others have
// better use for the room.
func (l *Line) forgetUntaken(context.Context) error {
	before := seqAt(l.o.Now().Add(-untaken))
	for _, n := range l.lanes() {
		n.forgetBefore(before)
	}
	return nil
}

// forgetBefore lets go of what was accepted before a seq and not taken since.
func (n *lane) forgetBefore(seq uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.recent {
		if s < seq {
			n.forget(s)
		}
	}
}
