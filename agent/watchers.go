package agent

import (
	"sync"
	"sync/atomic"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

// watchers are the requests at the door that wait for what becomes of events.
// While there are none, an attempt that ends costs them one look at a number.
type watchers struct {
	number atomic.Int64
	shut   chan struct{} // closed when nobody may wait any more

	mu sync.Mutex
	of watched // by the event's id
	on watched // by the webhook of deliveries that may still end
}

// watched are the watchers by what they watch.
type watched map[string]map[*watcher]struct{}

func (w watched) add(one *watcher, names []string) {
	for _, name := range names {
		if w[name] == nil {
			w[name] = map[*watcher]struct{}{}
		}
		w[name][one] = struct{}{}
	}
}

func (w watched) remove(one *watcher, names []string) {
	for _, name := range names {
		if delete(w[name], one); len(w[name]) == 0 {
			delete(w, name)
		}
	}
}

func newWatchers() *watchers {
	return &watchers{shut: make(chan struct{}), of: watched{}, on: watched{}}
}

// A watcher hears of every attempt for its events since it began, and where, in
// webhooks that it minds, a delivery has failed: others may not go on.
type watcher struct {
	ids, webhooks []string
	rang          chan struct{} // holds one while there is news

	mu     sync.Mutex
	news   []outbound.Report
	failed map[string]bool // webhooks
}

// begin must be called before the line is asked how deliveries stand: what ends
// later is told of, what ended before is in the line.
func (w *watchers) begin(ids []string) *watcher {
	one := &watcher{ids: ids, rang: make(chan struct{}, 1), failed: map[string]bool{}}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of.add(one, ids)
	w.number.Add(1)
	return one
}

// mind must be called before it is asked what goes on in these webhooks.
func (w *watchers) mind(one *watcher, webhooks []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one.webhooks = webhooks
	w.on.add(one, webhooks)
}

func (w *watchers) end(one *watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.number.Add(-1)
	w.of.remove(one, one.ids)
	w.on.remove(one, one.webhooks)
}

// tell passes a report on to whoever waits for its event, and that one failed to
// whoever waits for others of its webhook.
func (w *watchers) tell(r outbound.Report) {
	if w.number.Load() == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.of[r.EventID] {
		one.ring(func() { one.news = append(one.news, r) })
	}
	if r.State != event.Failed {
		return
	}
	for one := range w.on[r.Webhook] {
		one.ring(func() { one.failed[r.Webhook] = true })
	}
}

func (one *watcher) ring(note func()) {
	one.mu.Lock()
	note()
	one.mu.Unlock()
	select {
	case one.rang <- struct{}{}:
	default:
	}
}

func (one *watcher) heard() (news []outbound.Report, failed map[string]bool) {
	one.mu.Lock()
	defer one.mu.Unlock()
	news, failed = one.news, one.failed
	one.news, one.failed = nil, map[string]bool{}
	return news, failed
}
