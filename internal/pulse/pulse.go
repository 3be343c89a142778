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
	turns []turn // under way, or over: those are vacant
	over  []int  // places of the latter
}

type turn struct {
	under bool
	what  string
	since int64 // in ticks
	most  int64
}

// A Turn is one under way. The zero Turn is none.
type Turn struct {
	pulse *Pulse
	place int
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

// Turn begins a turn that should never take longer than most. It is to be ended
// once.
func (p *Pulse) Turn(what string, most time.Duration) Turn {
	if p == nil {
		return Turn{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t := turn{true, what, p.ticks, int64(most / every)}
	last := len(p.over) - 1
	if last < 0 {
		p.turns = append(p.turns, t)
		return Turn{p, len(p.turns) - 1}
	}
	place := p.over[last]
	p.over, p.turns[place] = p.over[:last], t
	return Turn{p, place}
}

// End ends the turn.
func (t Turn) End() {
	if t.pulse == nil {
		return
	}
	t.pulse.mu.Lock()
	defer t.pulse.mu.Unlock()
	t.pulse.turns[t.place] = turn{}
	t.pulse.over = append(t.pulse.over, t.place)
}

// Stuck names the turn that takes too long, the longest of several; nil: none does.
func (p *Pulse) Stuck() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var worst *turn
	for i := range p.turns {
		if t := &p.turns[i]; t.under && p.ticks-t.since > t.most && (worst == nil || t.since < worst.since) {
			worst = t
		}
	}
	if worst == nil {
		return nil
	}
	return fmt.Errorf("stuck for %v: %s", time.Duration(p.ticks-worst.since)*every, worst.what)
}
