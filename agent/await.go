package agent

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/inbound"
	"github.com/posternhq/postern/outbound"
)

// watchers are the requests at the door that wait for what becomes of events.
// While there are none, an attempt that ends costs them one look at a number.
type watchers struct {
	number atomic.Int64
	shut   chan struct{} // closed when nobody may wait any more

	mu sync.Mutex
	of map[string]map[*watcher]struct{} // by the event's id
}

func newWatchers() *watchers {
	return &watchers{shut: make(chan struct{}), of: map[string]map[*watcher]struct{}{}}
}

// A watcher hears of every attempt for its events since it began.
type watcher struct {
	rang chan struct{} // holds one while there is news

	mu   sync.Mutex
	news []outbound.Report
}

// begin must be called before the line is asked how deliveries stand: what ends
// later is told of, what ended before is in the line.
func (w *watchers) begin(ids []string) *watcher {
	one := &watcher{rang: make(chan struct{}, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if w.of[id] == nil {
			w.of[id] = map[*watcher]struct{}{}
		}
		w.of[id][one] = struct{}{}
	}
	w.number.Add(1)
	return one
}

func (w *watchers) end(one *watcher, ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.number.Add(-1)
	for _, id := range ids {
		if delete(w.of[id], one); len(w.of[id]) == 0 {
			delete(w.of, id)
		}
	}
}

// tell passes a report on to whoever waits for its event.
func (w *watchers) tell(r outbound.Report) {
	if w.number.Load() == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.of[r.EventID] {
		one.mu.Lock()
		one.news = append(one.news, r)
		one.mu.Unlock()
		select {
		case one.rang <- struct{}{}:
		default:
		}
	}
}

func (one *watcher) heard() []outbound.Report {
	one.mu.Lock()
	defer one.mu.Unlock()
	news := one.news
	one.news = nil
	return news
}

// await says how the deliveries of events stand, in the order of the ids, once
// none of them can end any more or ctx is done.
func (a *Agent) await(ctx context.Context, ids []string) [][]inbound.Outcome {
	one := a.watchers.begin(ids)
	defer a.watchers.end(one, ids)
	v := &vigil{agent: a, open: map[string]string{}, news: map[string]outbound.Report{}}
	for _, id := range ids {
		v.look(context.WithoutCancel(ctx), id)
	}
	for len(v.open) > 0 {
		select {
		case <-one.rang:
			v.hear(one.heard())
			continue
		case <-ctx.Done():
		case <-a.watchers.shut:
		}
		break
	}
	v.hear(one.heard())
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

// hear takes reports in. A receiver that wants nothing any more has stopped its
// webhook: what else waits for that can't end.
func (v *vigil) hear(reports []outbound.Report) {
	for _, r := range reports {
		v.news[r.Delivery] = r
		if r.State != event.Pending {
			delete(v.open, r.Delivery)
		}
		if r.Class == event.Gone {
			v.stopped(r.Webhook)
		}
	}
}

func (v *vigil) stopped(webhook string) {
	if waits(v.agent.lanes.Standing(webhook)) == event.Pending {
		return
	}
	for id, w := range v.open {
		if w == webhook {
			delete(v.open, id)
		}
	}
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
