package agent

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/config/watch"
	"github.com/posternhq/postern/console"
)

// live runs every long-lived part until ctx is cancelled or one of them fails.
// Doors and messenger stop together, for a door that waits for a slow client
// must not use up the messenger's time; then the console does, and the rest.
func (a *Agent) live(ctx context.Context) error {
	group, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	trafficCtx, stopTraffic := context.WithCancel(failed)
	restCtx, stopRest := context.WithCancel(failed)
	defer stopRest()
	defer stopTraffic()

	var traffic sync.WaitGroup
	carry := func(part func() error) {
		traffic.Add(1)
		group.Go(func() error {
			defer traffic.Done()
			return part()
		})
	}
	drain := func() time.Duration { return a.force.Load().generation.Agent.DrainTimeout }
	for _, d := range a.doors.events {
		carry(func() error { return a.serveEvents(trafficCtx, d, drain()) })
	}
	carry(func() error { return a.lanes.Run(trafficCtx, drain) })
	group.Go(func() error { return a.serveConsole(restCtx) })
	group.Go(func() error { return a.watch(restCtx) })
	group.Go(func() error { return a.sweep(restCtx) })
	group.Go(func() error { return a.reloadOnSignal(restCtx) })
	group.Go(func() error { return a.keepStorage(restCtx) })
	group.Go(func() error {
		a.pulse.Run(restCtx)
		return nil
	})
	group.Go(func() error {
		return a.heartbeat(restCtx, func(ctx context.Context) error { return a.round(ctx, trafficCtx) })
	})
	group.Go(func() error {
		a.waitForStop(ctx, failed)
		a.shut.Store(true)
		close(a.watchers.shut) // who waits is answered, and lets its door close
		stopTraffic()
		traffic.Wait()
		stopRest()
		return nil
	})

	a.phase.Store("running")
	where := a.doors.names()
	a.log.Info("ready", zap.Strings("events", where.Events), zap.String("console", where.Console),
		zap.Int("webhooks", len(a.force.Load().generation.Plan.Webhooks)), zap.String("data_dir", a.dataDir))
	a.tell(a.options.Service.Ready(a.summary()))
	if a.options.Ready != nil {
		a.options.Ready(where)
	}
	err := group.Wait()
	if err == nil {
		a.log.Info("stopped")
	}
	return err
}

// waitForStop returns when the doors are to be shut: shutdown_delay after ctx
// ends, or at once when a part failed.
func (a *Agent) waitForStop(ctx, failed context.Context) {
	select {
	case <-ctx.Done():
	case <-failed.Done():
		return
	}
	a.phase.Store("stopping")
	a.stopping()
	delay := a.force.Load().generation.Agent.ShutdownDelay
	a.log.Info("stopping", zap.Duration("shutdown_delay", delay))
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-failed.Done():
	}
}

func (a *Agent) serveConsole(ctx context.Context) error {
	c := a.force.Load().generation.Console
	s := console.Server{Options: console.Options{
		Agent: a, Metrics: a.metrics.Handler(), Log: a.log, Token: c.Token, Hosts: c.Hosts,
		Connections: a.connections(),
	}}
	return a.served(ctx, s.Serve(ctx, a.doors.console))
}

// served is what became of a door. One that was told to close has done so,
// whatever it had to cut off.
func (a *Agent) served(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	a.log.Warn("a door was closed on somebody", zap.Error(err))
	return nil
}

// watch reloads when what the configuration is made from changes on disk.
func (a *Agent) watch(ctx context.Context) error {
	w := watch.Watcher{
		Path:  a.options.Config,
		Extra: a.besides,
		Known: a.refused,
		Log:   a.log,
	}
	return w.Run(ctx, a.look)
}

func (a *Agent) reloadOnSignal(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-a.options.Reload:
			if !ok {
				return nil
			}
			a.Reload(ctx)
		}
	}
}

const (
	sweepEvery   = time.Minute      // how often retention and room are seen to
	longestSweep = 10 * time.Minute // of a line full of history, on a slow disk
)

func (a *Agent) sweep(ctx context.Context) error {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		turn := a.pulse.Turn("sweep the line", longestSweep)
		err := a.line.Sweep(ctx)
		turn.End()
		if err != nil && ctx.Err() == nil && a.line.Trouble() == nil {
			a.log.Error("sweep the line", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// keepStorage has the line opened anew when its storage fails, and ends the agent
// when that can't be mended while it runs.
func (a *Agent) keepStorage(ctx context.Context) error {
	if err := a.line.Keep(ctx, func() { a.wakeAll(ctx) }); err != nil {
		return &StorageError{err}
	}
	return nil
}

// wakeAll has every lane look again: of what was recorded last the storage may have
// lost something.
func (a *Agent) wakeAll(ctx context.Context) {
	known, err := a.line.Lanes(ctx)
	if err != nil {
		a.log.Warn("what waits is looked for later", zap.Error(err))
		return
	}
	for _, l := range known {
		a.lanes.Wake(l.Name)
	}
}
