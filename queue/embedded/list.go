package embedded

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/queue"
)

const (
	defaultLimit = 50
	maxLimit     = 500

	// pageReads is how many records are read for one page: about a million are in a
	// second. One that finds little by then is short, and tells where to go on.
	pageReads = 50_000
)

// List implements queue.Ledger.
func (l *Line) List(ctx context.Context, f queue.Filter) (page queue.Page, err error) {
	lo, hi := seqKey(inDeliveries, 0), []byte{inDeliveries + 1}
	if f.Cursor != "" {
		r, ok := parseText(f.Cursor)
		if !ok {
			return page, queue.ErrCursor
		}
		hi = r.key(inDeliveries)
	}
	if !f.Since.IsZero() {
		lo = seqKey(inDeliveries, seqAt(f.Since)) // an event is accepted before it gets its seq
	}
	if bytes.Compare(lo, hi) >= 0 {
		return page, nil
	}
	if err := l.enter(); err != nil {
		return page, err
	}
	defer l.leave()
	limit := min(cmp.Or(max(0, f.Limit), defaultLimit), maxLimit)
	c := l.choice(f)
	if !c.any() {
		return page, nil
	}
	var last ref
	err = l.store.descend(lo, hi, func(it *pebble.Iterator) (bool, error) {
		if c.seen++; c.seen%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if c.seen > l.pageReads {
			page.NextCursor = c.last.text()
			return false, nil
		}
		n, h, ok := c.wants(it)
		if !ok {
			return true, nil
		}
		if len(page.Deliveries) == limit {
			page.NextCursor = last.text()
			return false, nil
		}
		d := h.brief()
		page.Deliveries = append(page.Deliveries, l.show(n, &d))
		last = h.ref
		return true, l.rank(n, &d, &page.Deliveries[len(page.Deliveries)-1])
	})
	if err != nil {
		return queue.Page{}, err
	}
	return page, nil
}

// A choice is a filter made ready for a scan.
type choice struct {
	queue.Filter
	lanes  map[uint32]*lane
	states [states]bool
	seen   int
	last   ref // of what was seen
}

func (l *Line) choice(f queue.Filter) *choice {
	c := &choice{Filter: f, lanes: map[uint32]*lane{}}
	for _, n := range l.lanes() {
		if (f.Lanes == nil || slices.Contains(f.Lanes, n.name)) && !slices.Contains(f.NotIn, n.name) {
			c.lanes[n.num] = n
		}
	}
	for s := pending; s <= skipped; s++ {
		c.states[s] = f.States == nil || slices.Contains(f.States, stateNames[s])
	}
	return c
}

// any tells whether, by the counts of lanes, there is anything to choose.
func (c *choice) any() bool {
	for _, n := range c.lanes {
		n.mu.Lock()
		of := n.counts.of
		n.mu.Unlock()
		for s, wanted := range c.states {
			if wanted && of[s] > 0 {
				return true
			}
		}
	}
	return false
}

// wants reads no more of a record than it needs to say no.
func (c *choice) wants(it *pebble.Iterator) (*lane, *head, bool) {
	r, ok := parseRef(it.Key())
	if ok {
		c.last = r
	}
	if !ok || c.lanes[r.lane] == nil && !wasMoved(it.Value()) {
		return nil, nil, false
	}
	h, err := decodeHead(it.Key(), it.Value())
	if err != nil {
		return nil, nil, false // Sweep sees to it
	}
	n := c.lanes[h.in()]
	return n, &h, n != nil && c.states[h.state] &&
		(c.Type == "" || c.Type == string(h.typ)) &&
		(c.Class == "" || string(c.Class) == string(h.class)) &&
		!h.created.Before(c.Since)
}
