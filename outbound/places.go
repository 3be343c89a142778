package outbound

import (
	"container/list"
	"context"
	"sync"
)

// Places are the attempts that may run at once over all lanes. Who waits is
// served in the order of asking; a lane asks for one place at a time, so none
// starves however many another one wants.
type places struct {
	mu      sync.Mutex
	size    int
	used    int
	waiting list.List // of chan struct{}, closed when a place is given
}

// take waits for a place.
func (p *places) take(ctx context.Context) error {
	p.mu.Lock()
	if p.used < p.size && p.waiting.Len() == 0 {
		p.used++
		p.mu.Unlock()
		return nil
	}
	given := make(chan struct{})
	me := p.waiting.PushBack(given)
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
		p.used--
		p.serve()
	default:
		p.waiting.Remove(me)
	}
	return ctx.Err()
}

// more takes up to n further places that nobody waits for.
func (p *places) more(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() > 0 {
		return 0
	}
	n = max(min(n, p.size-p.used), 0)
	p.used += n
	return n
}

func (p *places) give(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= n
	p.serve()
}

// resize takes effect as places are given back, when there are fewer than before.
func (p *places) resize(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = n
	p.serve()
}

// serve gives free places to those who wait. The caller holds mu.
func (p *places) serve() {
	for p.used < p.size && p.waiting.Len() > 0 {
		p.used++
		close(p.waiting.Remove(p.waiting.Front()).(chan struct{}))
	}
}
