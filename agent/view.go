package agent

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
	"github.com/posternhq/postern/queue"
)

// Status is the agent at a glance.
func (a *Agent) Status(ctx context.Context) (console.Status, error) {
	f := a.force.Load()
	s := console.Status{
		Version: a.options.Version, Started: a.started, State: a.phase.Load().(string), Events: a.doors.names().Events,
		Config: console.ConfigStatus{Path: a.options.Config, Generation: f.number, Hash: f.generation.Hash,
			Loaded: f.loaded, LastReload: "ok"},
	}
	if r := a.rejected.Load(); r != nil {
		s.Config.LastReload, s.Config.LastGood = "rejected", f.lastGood
		s.Config.Rejected = diagnosticsJSON(r.diagnostics)
	}
	st := a.line.Stats()
	s.Queue = console.QueueStatus{Bytes: st.Bytes, MaxBytes: st.MaxBytes, FreeBytes: st.FreeBytes, Corrupt: st.Corrupt, Aside: st.Aside, Counts: make(map[string]int64)}
	for d, n := range st.Discarded {
		s.Queue.Discarded = append(s.Queue.Discarded, console.Discarded{Webhook: d.Lane, State: string(d.State), Count: n})
	}
	if t := a.line.Trouble(); t != nil {
		s.Queue.Trouble = &console.Trouble{Since: t.Since.UTC(), Cause: t.Cause.Error()}
		return s, nil
	}
	hooks, err := a.Webhooks(ctx)
	if err != nil {
		return s, err
	}
	for _, state := range states {
		s.Queue.Counts[string(state)] = 0
	}
	for _, h := range hooks {
		for state, n := range h.Counts {
			s.Queue.Counts[state] += n
		}
	}
	return s, nil
}

var states = []event.State{event.Pending, event.Held, event.Orphaned, event.Delivered, event.Failed, event.Skipped}

// Webhooks lists the declared ones, and removed ones while deliveries wait for them.
func (a *Agent) Webhooks(ctx context.Context) ([]console.Webhook, error) {
	known, err := a.line.Lanes(ctx)
	if err != nil {
		return nil, err
	}
	lanes := make(map[string]queue.Lane, len(known))
	for _, l := range known {
		lanes[l.Name] = l
	}
	declared := a.force.Load().generation.Plan.Webhooks
	var out []console.Webhook
	for name, w := range declared {
		out = append(out, a.webhook(name, w, lanes[name]))
	}
	for name, l := range lanes {
		if declared[name] == nil && l.Pending > 0 {
			out = append(out, a.webhook(name, nil, l))
		}
	}
	slices.SortFunc(out, func(x, y console.Webhook) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

func (a *Agent) webhook(name string, w *outbound.Webhook, l queue.Lane) console.Webhook {
	standing := a.lanes.Standing(name)
	h := console.Webhook{Name: name, State: string(standing.State), Reason: standing.Reason, Counts: make(map[string]int64)}
	if !standing.Since.IsZero() {
		h.Since = &standing.Since
	}
	if !standing.Probe.IsZero() {
		h.NextProbe = &standing.Probe
	}
	for _, s := range states {
		h.Counts[string(s)] = 0
	}
	h.Counts[string(waits(standing))] = l.Pending
	h.Counts[string(event.Delivered)] = l.Delivered
	h.Counts[string(event.Failed)] = l.Failed
	h.Counts[string(event.Skipped)] = l.Skipped
	h.Holding = l.Holding
	if !l.Oldest.IsZero() {
		h.Oldest = &l.Oldest
	}
	if w != nil {
		h.Description, h.Method, h.URL = w.Description, w.Method, w.URL.String()
		for _, s := range w.Events {
			h.Events = append(h.Events, s.String())
		}
	}
	return h
}

// waits is what people call a pending delivery of a lane.
func waits(s outbound.Standing) event.State {
	switch s.State {
	case outbound.Inactive, outbound.Suspended:
		return event.Held
	case outbound.Orphaned:
		return event.Orphaned
	}
	return event.Pending
}

// seen gives a delivery the state that people see.
func (a *Agent) seen(d event.Delivery) event.Delivery {
	if d.State != event.Pending {
		return d
	}
	standing := a.lanes.Standing(d.Webhook)
	switch d.State = waits(standing); {
	case d.State != event.Pending:
		d.Next = time.Time{}
	case d.Next.Before(standing.Probe):
		d.Next = standing.Probe // at the earliest: a probe takes one delivery
	}
	return d
}

// Deliveries lists, newest first.
func (a *Agent) Deliveries(ctx context.Context, q console.Query) (queue.Page, error) {
	f := queue.Filter{Type: q.Type, Class: q.Class, Since: q.Since, Limit: q.Limit, Cursor: q.Cursor}
	if q.State != "" {
		none, err := a.narrow(ctx, &f, q)
		if err != nil || none {
			return queue.Page{}, err
		}
	} else if q.Webhook != "" {
		f.Lanes = []string{q.Webhook}
	}
	page, err := a.line.List(ctx, f)
	if err != nil {
		return page, err
	}
	for i, d := range page.Deliveries {
		page.Deliveries[i] = a.seen(d)
	}
	return page, nil
}

// narrow turns a state that people see into stored ones; none tells that no
// lane can have such deliveries.
func (a *Agent) narrow(ctx context.Context, f *queue.Filter, q console.Query) (none bool, err error) {
	if q.State != event.Pending && q.State != event.Held && q.State != event.Orphaned {
		f.States = []event.State{q.State}
		if q.Webhook != "" {
			f.Lanes = []string{q.Webhook}
		}
		return false, nil
	}
	f.States = []event.State{event.Pending}
	lanes, err := a.line.Lanes(ctx)
	if err != nil {
		return false, err
	}
	for _, l := range lanes {
		if (q.Webhook == "" || q.Webhook == l.Name) && waits(a.lanes.Standing(l.Name)) == q.State {
			f.Lanes = append(f.Lanes, l.Name)
		}
	}
	return len(f.Lanes) == 0, nil
}

// Delivery finds one, with its attempts.
func (a *Agent) Delivery(ctx context.Context, id string) (event.Delivery, error) {
	d, err := a.line.Delivery(ctx, id)
	return a.seen(d), err
}

// Event finds one, with its deliveries.
func (a *Agent) Event(ctx context.Context, id string) (event.Event, []event.Delivery, error) {
	e, ds, err := a.line.Event(ctx, id)
	for i, d := range ds {
		ds[i] = a.seen(d)
	}
	return e, ds, err
}

// Replay puts an ended delivery back to pending.
func (a *Agent) Replay(ctx context.Context, id string) (event.Delivery, error) {
	d, err := a.line.Replay(ctx, id)
	if err != nil {
		return d, err
	}
	d = a.seen(d)
	a.lanes.Wake(d.Webhook)
	return d, nil
}

// Repeat is Replay with the bytes of the attempts before.
func (a *Agent) Repeat(ctx context.Context, id string) (event.Delivery, error) {
	d, err := a.line.Repeat(ctx, id)
	if err != nil {
		return d, err
	}
	d = a.seen(d)
	a.lanes.Wake(d.Webhook)
	return d, nil
}

// Resume ends the suspension of a webhook, and probes an open circuit.
func (a *Agent) Resume(ctx context.Context, webhook string) error {
	if a.force.Load().generation.Plan.Webhooks[webhook] == nil {
		return console.ErrNoWebhook
	}
	return a.lanes.Resume(ctx, webhook)
}

// Alive tells whether the loops move that carry events: it fails while one of
// them is stuck, which a restart may mend. Waiting is not being stuck, whether for
// events, for receivers or for a place among the attempts; nor does a file system
// that hangs while the configuration is read keep anything from being delivered.
func (a *Agent) Alive() error { return a.pulse.Stuck() }

// Ready tells whether the doors take events.
func (a *Agent) Ready() error {
	if phase := a.phase.Load().(string); phase != "running" {
		return notReady(phase)
	}
	if t := a.line.Trouble(); t != nil {
		return notReady("the storage fails: " + t.Cause.Error())
	}
	return nil
}

type notReady string

func (n notReady) Error() string { return string(n) }

var _ console.Agent = (*Agent)(nil)
