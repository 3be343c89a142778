// Package pulse tells whether the loops of a process move.
//
// A loop may wait for work as long as there is none; one turn of it must come to
// its end. So a loop says when a turn begins and when it has ended, and a turn that
// takes longer than it ever should is stuck: a lock that is never given back, a
// disk that does not answer.
//
// Time is counted in ticks of the process itself, not read from a clock. A process
// that was stopped, a machine that slept or a clock that was set makes no turn
// look long.
package pulse

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// every is how often a pulse ticks. What it says of a turn's age may be wrong by
// as much.
const every = 5 * time.Second

// A Pulse watches turns. The zero value is ready; a nil *Pulse watches nothing.
type Pulse struct {
	mu    sync.Mutex
	ticks int64
	under map[*turn]struct{}
}

type turn struct {
	what  string
	since int64 // in ticks
	most  int64
}

// Run ticks until ctx ends.
func (p *Pulse) Run(ctx context.Context) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			p.mu.Lock()
			p.ticks++
			p.mu.Unlock()
		}
	}
}

// Turn begins a turn that should never take longer than most; ended ends it.
func (p *Pulse) Turn(what string, most time.Duration) (ended func()) {
	if p == nil {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.under == nil {
		p.under = make(map[*turn]struct{})
	}
	t := &turn{what, p.ticks, int64(most / every)}
	p.under[t] = struct{}{}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.under, t)
	}
}

// Stuck names the turn that takes too long, the longest of several; nil: none does.
func (p *Pulse) Stuck() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var worst *turn
	for t := range p.under {
		if p.ticks-t.since > t.most && (worst == nil || t.since < worst.since) {
			worst = t
		}
	}
	if worst == nil {
		return nil
	}
	return fmt.Errorf("stuck for %v: %s", time.Duration(p.ticks-worst.since)*every, worst.what)
}
