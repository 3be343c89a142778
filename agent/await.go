package agent

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/inbound"
	"github.com/posternhq/postern/outbound"
)

// await says how the deliveries of events stand, in the order of the ids, once
// none of them can end any more or ctx is done.
func (a *Agent) await(ctx context.Context, ids []string) [][]inbound.Outcome {
	one := a.watchers.begin(ids)
	defer a.watchers.end(one)
	line := context.WithoutCancel(ctx) // who is gone or late is told what is known
	v := &vigil{agent: a, open: map[string]string{}, news: map[string]outbound.Report{}}
	for _, id := range ids {
		v.look(line, id)
	}
	webhooks := v.webhooks()
	a.watchers.mind(one, webhooks)
	for _, w := range webhooks {
		v.held(line, w)
	}
	for len(v.open) > 0 {
		select {
		case <-one.rang:
			news, failed := one.heard()
			v.hear(news)
			for w := range failed {
				v.stopped(w)
				v.held(line, w)
			}
			continue
		case <-ctx.Done():
		case <-a.watchers.shut:
		}
		break
	}
	news, _ := one.heard()
	v.hear(news)
	return v.outcomes()
}

// A vigil is what is known of the deliveries of some events.
type vigil struct {
	agent *Agent
	owed  [][]event.Delivery         // by event, as the line had them; nil: not known
	open  map[string]string          // those that may still end: the webhook of each
	news  map[string]outbound.Report // the last one of each since
}

// look asks the line how the deliveries of an event stand. What has been
// attempted is read whole: how it ended stands in its attempts.
func (v *vigil) look(ctx context.Context, id string) {
	_, owed, err := v.agent.line.Event(ctx, id)
	if err != nil {
		v.owed = append(v.owed, nil)
		return
	}
	slices.SortFunc(owed, func(x, y event.Delivery) int {
		return cmp.Or(strings.Compare(x.Webhook, y.Webhook), strings.Compare(x.ID, y.ID))
	})
	for i, d := range owed {
		if d.Class != "" {
			if whole, err := v.agent.line.Delivery(ctx, d.ID); err == nil {
				owed[i].Attempts = whole.Attempts
			}
		}
		if v.agent.seen(d).State == event.Pending {
			v.open[d.ID] = d.Webhook
		}
	}
	v.owed = append(v.owed, append([]event.Delivery{}, owed...))
}

// webhooks are those of what may still end.
func (v *vigil) webhooks() []string {
	return slices.Compact(slices.Sorted(maps.Values(v.open)))
}

// hear takes reports in.
func (v *vigil) hear(reports []outbound.Report) {
	for _, r := range reports {
		v.news[r.Delivery] = r
		if r.State != event.Pending {
			delete(v.open, r.Delivery)
		}
	}
}

// stopped gives up what waits for a webhook that stands still: a receiver that
// wants nothing any more has stopped it.
func (v *vigil) stopped(webhook string) {
	if waits(v.agent.lanes.Standing(webhook)) != event.Pending {
		maps.DeleteFunc(v.open, func(_, its string) bool { return its == webhook })
	}
}

// held gives up what waits for the replay of a failed delivery.
func (v *vigil) held(ctx context.Context, webhook string) {
	if w := v.agent.force.Load().generation.Plan.Webhooks[webhook]; w == nil || !w.HoldsOrder() {
		return
	}
	maps.DeleteFunc(v.open, func(id, its string) bool {
		if its != webhook {
			return false
		}
		d, err := v.agent.line.Delivery(ctx, id)
		return err == nil && d.Behind != nil && d.Behind.Failed
	})
}

func (v *vigil) outcomes() [][]inbound.Outcome {
	out := make([][]inbound.Outcome, len(v.owed))
	for i, owed := range v.owed {
		if owed == nil {
			continue
		}
		out[i] = make([]inbound.Outcome, len(owed))
		for j, d := range owed {
			out[i][j] = v.outcome(d)
		}
	}
	return out
}

func (v *vigil) outcome(d event.Delivery) inbound.Outcome {
	var last event.Attempt
	if n := len(d.Attempts); n > 0 {
		last = d.Attempts[n-1]
	}
	if r, ok := v.news[d.ID]; ok && d.State == event.Pending {
		d.State, d.Class = r.State, r.Class
		last.Status, last.Error = r.Status, r.Error
	}
	return inbound.Outcome{
		Webhook: d.Webhook, State: v.agent.seen(d).State,
		Class: orNull(d.Class), Status: orNull(last.Status), Error: orNull(last.Error),
	}
}

// orNull is nil for a zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
