package agent

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/dryrun"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
	"github.com/posternhq/postern/queue"
)

// Explain tells what the configuration in force does with an event of the line,
// as a list of [dryrun.Explanation].
func (a *Agent) Explain(ctx context.Context, id string) (json.RawMessage, error) {
	e, _, err := a.line.Event(ctx, id)
	if err != nil {
		return nil, err
	}
	return json.Marshal(dryrun.Explain(a.force.Load().generation, &e, dryrun.Options{
		Time: time.Now(), Version: a.options.Version, Stands: a.stands,
	}))
}

// stands says why deliveries of a webhook wait; empty: they do not.
func (a *Agent) stands(webhook string) string {
	switch s := a.lanes.Standing(webhook); s.State {
	case outbound.Inactive:
		return "It is inactive: deliveries are held until it is active again."
	case outbound.Suspended:
		return "It is suspended (" + s.Reason + "): deliveries are held until it is resumed."
	case outbound.CircuitOpen:
		return "Its circuit is open (" + s.Reason + "): deliveries wait, and one after the other is tried now and then."
	}
	return ""
}

// Plan tells what a reload would change now, as a [dryrun.Plan], and changes
// nothing. Newest events of the line show what it would mean.
func (a *Agent) Plan(ctx context.Context) (json.RawMessage, error) {
	was := a.force.Load().generation
	var g *config.Generation
	files, ds := config.Read(ctx, a.options.Config)
	if !ds.HasErrors() {
		in, _ := a.inputs(config.ReadFile)
		g, ds = config.Load(files, in)
	}
	if g == nil {
		return json.Marshal(dryrun.Refused(ds))
	}
	waiting, err := a.waiting(ctx)
	if err != nil {
		return nil, err
	}
	events, err := a.newest(ctx)
	if err != nil {
		return nil, err
	}
	p := dryrun.Compare(was, g, waiting, events, ds)
	if !p.Refused {
		if _, err := a.lanes.Draft(g.Plan); err != nil {
			p.Refuse(notLive(err))
		}
	}
	return json.Marshal(p)
}

func (a *Agent) waiting(ctx context.Context) (map[string]dryrun.Waiting, error) {
	known, err := a.line.Lanes(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]dryrun.Waiting, len(known))
	for _, l := range known {
		all[l.Name] = dryrun.Waiting{Count: l.Pending, Suspended: a.lanes.Standing(l.Name).State == outbound.Suspended}
	}
	return all, nil
}

// newest are the latest events that were owed to anybody, by type.
func (a *Agent) newest(ctx context.Context) ([]event.Event, error) {
	list := func(cursor string) ([]dryrun.Owed, string, error) {
		page, err := a.line.List(ctx, queue.Filter{Limit: 500, Cursor: cursor})
		owed := make([]dryrun.Owed, len(page.Deliveries))
		for i, d := range page.Deliveries {
			owed[i] = dryrun.Owed{EventID: d.EventID, Type: d.Type}
		}
		return owed, page.NextCursor, err
	}
	return dryrun.Newest(list, func(id string) (*event.Event, error) {
		e, _, err := a.line.Event(ctx, id)
		if errors.Is(err, queue.ErrNotFound) {
			return nil, nil
		}
		return &e, err
	})
}
