package outbound

import (
	"container/list"
	"context"
	"sync"
)

// Places are the attempts that may run at once over all lanes. Who waits is
// served in the order of asking; a lane asks for one place at a time, so none
// starves however many another one wants. For each lane that holds none a place
// is kept, up to a quarter of all: receivers that hang, with however many
// attempts, leave it to the others.
type places struct {
	mu      sync.Mutex
	size    int
	lanes   int // that may come
	used    int
	holders int       // lanes that hold any
	waiting list.List // of *share
}

// A share is what one lane holds of the places, which guard it.
type share struct {
	held  int
	given chan struct{} // while it waits for a place: closed when it is given
}

// take waits for a place.
func (p *places) take(ctx context.Context, s *share) error {
	p.mu.Lock()
	if p.waiting.Len() == 0 && p.free(s) > 0 {
		p.add(s, 1)
		p.mu.Unlock()
		return nil
	}
	given := make(chan struct{})
	s.given = given
	me := p.waiting.PushBack(s)
	p.serve()
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
		p.waiting.Remove(me)
	}
	return ctx.Err()
}

// more takes up to n further places that nobody waits for.
func (p *places) more(s *share, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() > 0 {
		return 0
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

// held is how many places a lane holds.
func (p *places) held(s *share) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return s.held
}

// resize takes effect as places are given back, when there are fewer than before.
func (p *places) resize(size, lanes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size, p.lanes = size, lanes
	p.serve()
}

// free is how many places a lane might take now. The caller holds mu.
func (p *places) free(s *share) int {
	kept := 0
	if s.held > 0 && p.size > 1 {
		kept = min(max(p.size/4, 1), max(p.lanes-p.holders, 0))
	}
	return p.size - kept - p.used
}

// add changes what a lane holds. The caller holds mu.
func (p *places) add(s *share, n int) {
	before := s.held
	s.held += n
	p.used += n
	switch {
	case before == 0 && s.held > 0:
		p.holders++
	case before > 0 && s.held == 0:
		p.holders--
	}
}

// serve gives free places to those who wait and may have one. The caller holds mu.
func (p *places) serve() {
	for e := p.waiting.Front(); e != nil && p.used < p.size; {
		next := e.Next()
		if s := e.Value.(*share); p.free(s) > 0 {
			p.waiting.Remove(e)
			p.add(s, 1)
			close(s.given)
		}
		e = next
	}
}
