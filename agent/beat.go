package agent

import (
	"context"
	"time"

	"go.uber.org/zap"
)

const (
	beatEvery   = 5 * time.Second
	longestBeat = time.Minute // as of any loop
)

// heartbeat makes a round again and again until ctx ends, and says so to who
// watches. No clock beside it does: while a round doesn't end, nothing is said.
func (a *Agent) heartbeat(ctx context.Context, round func(context.Context) error) error {
	every := beatEvery
	if w := a.options.Service.Watches(); w > 0 {
		every = min(every, w/3)
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for stuck := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		err := round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case err != nil:
			a.tell(a.options.Service.Status(err.Error()))
			if !stuck {
				a.log.Error("a loop is stuck; a watchdog is told nothing while it is", zap.Error(err))
			}
		case a.phase.Load() == "running":
			a.tell(a.options.Service.Alive())
			a.tell(a.options.Service.Status(a.summary()))
		default:
			a.tell(a.options.Service.Alive())
		}
		stuck = err != nil
	}
}

// round asks the loop of the messenger, and then the line. It returns once both have
// answered, with what is stuck all the same. A messenger that ends is not asked.
func (a *Agent) round(ctx, traffic context.Context) error {
	defer a.pulse.Turn("have the messenger and the line answer", longestBeat).End()
	_ = a.lanes.Beat(traffic) // fails only at the end of traffic
	lanes, err := a.line.Lanes(ctx)
	if err == nil { // one that has failed has answered, too
		var waiting int64
		for _, l := range lanes {
			waiting += l.Pending
		}
		a.backlog.Store(waiting)
	}
	return a.Alive()
}
