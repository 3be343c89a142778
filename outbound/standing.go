package outbound

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// A Standing is why a lane moves or doesn't.
type Standing struct {
	State  LaneState
	Since  time.Time // of a suspension, or of an open circuit
	Reason string    // the same, for people
	Probe  time.Time // when an open circuit lets the next attempt begin; zero while one is under way
}

// A LaneState is a webhook's state as the API names it.
type LaneState string

const (
	Active      LaneState = "active"
	Inactive    LaneState = "inactive"
	Suspended   LaneState = "suspended"
	CircuitOpen LaneState = "circuit_open"
	Orphaned    LaneState = "orphaned"
)

// stands tells whether nothing goes out, and the lane's clock does not run. An
// open circuit lets probes through, and age goes on in it.
func (s LaneState) stands() bool { return s != Active && s != CircuitOpen }

// Standing tells how a lane stands under the plan in force. What the
// configuration says comes before what the receiver said.
func (l *Lanes) Standing(lane string) Standing {
	d := l.current.Load()
	if d == nil || d.plan.Webhooks[lane] == nil {
		return Standing{State: Orphaned}
	}
	if !d.plan.Webhooks[lane].Active {
		return Standing{State: Inactive}
	}
	if s := l.suspension(lane); s != nil {
		return Standing{State: Suspended, Since: s.Since, Reason: s.Reason}
	}
	return l.health(lane)
}

// health is the standing of a lane that nothing stops but its circuit.
func (l *Lanes) health(lane string) Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.lanes[lane]
	if n == nil || !n.circuit.isOpen() {
		return Standing{State: Active}
	}
	c := &n.circuit
	s := Standing{State: CircuitOpen, Since: c.opened.UTC(), Reason: c.reason}
	if !c.probing {
		s.Probe = later(c.probe, n.held).UTC()
	}
	return s
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// moving is the lane's webhook, if the lane moves under a plan.
func (l *Lanes) moving(d *Draft, lane string) *Webhook {
	if d == nil || l.suspension(lane) != nil {
		return nil
	}
	if w := d.plan.Webhooks[lane]; w != nil && w.Active {
		return w
	}
	return nil
}

// learn reads once what the line knows: its lanes, which of them stand, and
// their notes.
func (l *Lanes) learn() error {
	l.order.Lock()
	defer l.order.Unlock()
	if l.learned {
		return nil
	}
	known, err := l.line.Lanes(context.Background())
	if err != nil {
		return fmt.Errorf("the lanes of the queue: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range known {
		if n := l.lane(k.Name); k.Stopped {
			n.clock = stopped
		}
		l.recall(k)
	}
	l.learned = true
	return nil
}

// restand has the clocks of lanes stopped and started as they now stand, and
// wakes those that move again. The caller holds order.
func (l *Lanes) restand() {
	changed := map[string]bool{}
	var moving []string
	for _, n := range l.every() {
		stop := l.Standing(n.name).State.stands()
		if n.clock == clockOf(stop) {
			continue
		}
		n.clock = clockOf(stop)
		changed[n.name] = stop
		if !stop {
			moving = append(moving, n.name)
		}
	}
	if len(changed) == 0 {
		return
	}
	if err := l.line.Stop(context.Background(), changed); err != nil {
		l.log.Warn("clocks of lanes could not be written down yet", zap.Error(err))
	}
	l.Wake(moving...)
}

// A clock is what the line was last told about a lane's.
type clock int

const (
	running clock = iota // as a lane does of which the line was told nothing
	stopped
)

func clockOf(stop bool) clock {
	if stop {
		return stopped
	}
	return running
}
