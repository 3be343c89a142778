package config

import (
	"slices"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// A Match is a delivery that an event owes.
type Match struct {
	Webhook string
	State   event.State // Pending, Skipped (inactive and on_inactive = "skip"), or Failed (the filter)
	Class   event.Class // of Failed: Filter, or Mapping if order_by failed
	Error   string

	// Order is the value of order_by as text; empty: it is in no order. Hold, of
	// Failed, keeps what follows in that waiting.
	Order string
	Hold  bool
}

// Match tells what an event owes, in the order of the webhooks' declaration.
// All filters share one decoding of the event, and one budget. It is safe for
// concurrent use.
func (g *Generation) Match(e *event.Event) []Match {
	subscribed := g.match.subscribed(e.Type)
	if len(subscribed) == 0 {
		return nil
	}
	var scope *expr.Scope // for those that look at the event
	matches := make([]Match, 0, len(subscribed))
	for _, i := range subscribed {
		w := g.match.order[i]
		if scope == nil && (w.Filter != nil || w.OrderBy != nil) {
			scope = outbound.ScopeWithin(e, expr.Budget{Shared: true})
		}
		if m, owed := matchOne(w, scope); owed {
			matches = append(matches, m)
		}
	}
	return matches
}

func matchOne(w *outbound.Webhook, scope *expr.Scope) (m Match, owed bool) {
	m = Match{Webhook: w.Name, State: event.Pending}
	if !w.Active && w.SkipInactive {
		m.State = event.Skipped
	}
	if w.Filter != nil {
		yes, err := w.Filter.Bool(scope)
		if err != nil {
			m = Match{Webhook: w.Name, State: event.Failed, Class: event.Filter, Error: inert(err.Error())}
		} else if !yes {
			return m, false
		}
	}
	if w.OrderBy != nil && m.State != event.Skipped {
		m.order(w, scope)
	}
	return m, true
}

// order puts what is owed in order. Where that can't be told, what is owed fails:
// it could go before what it has to follow.
func (m *Match) order(w *outbound.Webhook, scope *expr.Scope) {
	key, err := w.OrderKey(scope)
	if err != nil && m.State == event.Pending {
		m.State, m.Class, m.Error = event.Failed, event.Mapping, "order_by: "+inert(err.Error())
	}
	m.Order, m.Hold = key, m.State == event.Failed && w.OrderHold
}

// A matcher finds the webhooks that subscribe to a type without looking at all
// of them.
type matcher struct {
	order   []*outbound.Webhook
	digests map[string]string // by webhook: of all that changes what it does

	// Places in order, rising, each once.
	exact  map[string][]int
	prefix map[string][]int // with its dot
	all    []int
}

func (m *matcher) add(w *outbound.Webhook, digest string) {
	if m.digests == nil {
		*m = matcher{digests: map[string]string{}, exact: map[string][]int{}, prefix: map[string][]int{}}
	}
	i := len(m.order)
	m.order = append(m.order, w)
	m.digests[w.Name] = digest
	for _, sub := range w.Events {
		switch {
		case sub.All:
			m.all = withPlace(m.all, i)
		case sub.Prefix != "":
			m.prefix[sub.Prefix] = withPlace(m.prefix[sub.Prefix], i)
		default:
			m.exact[sub.Type] = withPlace(m.exact[sub.Type], i)
		}
	}
}

// withPlace adds a place, unless it is the last one already.
func withPlace(places []int, i int) []int {
	if last := len(places) - 1; last >= 0 && places[last] == i {
		return places
	}
	return append(places, i)
}

// subscribed are the webhooks of a type by their places, each once; they are not
// to be changed. A type of 128 bytes has few dots, so there is nothing to remember
// between events.
func (m *matcher) subscribed(name string) []int {
	lists := append(make([][]int, 0, 8), m.exact[name], m.all)
	for i := range len(name) - 1 {
		if name[i] == '.' {
			lists = append(lists, m.prefix[name[:i+1]])
		}
	}
	lists = slices.DeleteFunc(lists, func(l []int) bool { return len(l) == 0 })
	if len(lists) == 1 {
		return lists[0]
	}
	places := slices.Concat(lists...)
	slices.Sort(places)
	return slices.Compact(places)
}
