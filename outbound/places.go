package outbound

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Places are the attempts that may run at once over all lanes. Who waits is
// served in the order of asking; a lane asks for one place at a time, so none
// starves however many another one wants. What no set of lanes can do is hold
// them all for long:
//
//   - For each lane that holds none a place is kept from those that hold some, up
//     to a quarter of all.
//   - Lanes of a lower rank leave a part to those of better ones, as much as
//     their concurrency could use: a quarter, those that hang a half. See rank.
//
// Nobody waits who could be served: whatever frees a place serves.
type places struct {
	mu      sync.Mutex
	size    int
	lanes   int // that may come
	used    int
	holders int       // lanes that hold any
	waiting list.List // of *share

	held  [ranks]int // places, by the rank of who holds them
	wish  [ranks]int // places that lanes of a rank could use at most
	asked [ranks]int // lanes that wait, by their rank
}

// A share is what one lane holds of the places, which guard it.
type share struct {
	held  int
	asked int           // 1 while it waits for a place
	given chan struct{} // closed when that is given

	wish   int  // the lane's concurrency; 0: it does not come
	tried  bool // an attempt has ended
	last   rank // that the last one earned
	lagged int  // attempts under way for longer than promptly

	oldest, newest *watch      // of the other ones
	alarm          *time.Timer // rings once the oldest lags, or before; nil: there was none yet
	armed          bool
}

// take waits for a place.
func (p *places) take(ctx context.Context, s *share) error {
	p.mu.Lock()
	if p.free(s) > 0 {
		p.add(s, 1)
		p.mu.Unlock()
		return nil
	}
	given := make(chan struct{})
	s.given = given
	me := p.waiting.PushBack(s)
	p.change(s, func() { s.asked = 1 })
	p.mu.Unlock()
	select {
	case <-given:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-given:
		p.add(s, -1)
		p.serve()
	default:
		p.unask(me)
	}
	return ctx.Err()
}

// unask ends the waiting of a lane. The caller holds mu.
func (p *places) unask(e *list.Element) *share {
	s := p.waiting.Remove(e).(*share)
	p.change(s, func() { s.asked = 0 })
	return s
}

// more takes up to n further places, unless a lane of the same or a better rank
// waits: it may be able to take one in a moment.
func (p *places) more(s *share, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, asked := range p.asked[:s.rank()+1] {
		if asked > 0 {
			return 0
		}
	}
	n = max(min(n, p.free(s)), 0)
	p.add(s, n)
	return n
}

func (p *places) give(s *share, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(s, -n)
	p.serve()
}

// holds is how many places a lane holds.
func (p *places) holds(s *share) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return s.held
}

// resize takes effect as places are given back, when there are fewer than
// before. wishes are the concurrencies of the lanes that may come.
func (p *places) resize(size int, wishes map[*share]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size, p.lanes = size, 0
	for s, wish := range wishes {
		if wish > 0 {
			p.lanes++
		}
		p.change(s, func() { s.wish = wish })
	}
	p.serve()
}

// free is how many places a lane might take now. The caller holds mu.
func (p *places) free(s *share) int {
	kept := 0
	if s.held > 0 && p.size > 1 {
		kept = min(max(p.size/4, 1), max(p.lanes-p.holders, 0))
	}
	free := p.size - kept - p.used
	for r := late; r <= s.rank(); r++ {
		free = min(free, p.size-p.left(r)-p.from(r))
	}
	return free
}

// left is what a rank and those below it leave to better ones. The caller holds mu.
func (p *places) left(r rank) int {
	if p.size == 1 {
		return 0
	}
	better := 0
	for _, wish := range p.wish[:r] {
		better += wish
	}
	return min(max(p.size*int(r)/4, 1), better)
}

// from is what a rank and those below it hold. The caller holds mu.
func (p *places) from(r rank) (held int) {
	for _, n := range p.held[r:] {
		held += n
	}
	return held
}

// add changes what a lane holds. The caller holds mu.
func (p *places) add(s *share, n int) {
	before := s.held
	p.change(s, func() { s.held += n })
	p.used += n
	switch {
	case before == 0 && s.held > 0:
		p.holders++
	case before > 0 && s.held == 0:
		p.holders--
	}
}

// change keeps the sums right while a share changes. The caller holds mu.
func (p *places) change(s *share, do func()) {
	r := s.rank()
	p.held[r] -= s.held
	p.wish[r] -= s.wish
	p.asked[r] -= s.asked
	do()
	r = s.rank()
	p.held[r] += s.held
	p.wish[r] += s.wish
	p.asked[r] += s.asked
}

// serve gives free places to those who wait and may have one. The caller holds mu.
func (p *places) serve() {
	for e := p.waiting.Front(); e != nil && p.used < p.size; {
		next := e.Next()
		if s := e.Value.(*share); p.free(s) > 0 {
			p.add(p.unask(e), 1)
			close(s.given)
		}
		e = next
	}
}
