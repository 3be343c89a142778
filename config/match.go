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
	Class   event.Class // Filter, if it failed
	Error   string
}

// Match tells what an event owes, in the order of the webhooks' declaration.
// All filters share one decoding of the event, and one budget. It is safe for
// concurrent use.
func (g *Generation) Match(e *event.Event) []Match {
	subscribed := g.match.subscribed(e.Type)
	if len(subscribed) == 0 {
		return nil
	}
	var scope *expr.Scope // made for the first filter
	matches := make([]Match, 0, len(subscribed))
	for _, i := range subscribed {
		w := g.match.order[i]
		if w.Filter != nil && scope == nil {
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
	if w.Filter == nil {
		return m, true
	}
	yes, err := w.Filter.Bool(scope)
	if err != nil {
		return Match{Webhook: w.Name, State: event.Failed, Class: event.Filter, Error: inert(err.Error())}, true
	}
	return m, yes
}

// A matcher finds the webhooks that subscribe to a type without looking at all
// of them.
type matcher struct {
	order   []*outbound.Webhook
	digests map[string]string // by webhook: of all that changes what it does

	// Places in order, rising.
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
			m.all = append(m.all, i)
		case sub.Prefix != "":
			m.prefix[sub.Prefix] = append(m.prefix[sub.Prefix], i)
		default:
			m.exact[sub.Type] = append(m.exact[sub.Type], i)
		}
	}
}

// subscribed are the webhooks of a type by their places, each once. A type of
// 128 bytes has few dots, so there is nothing to remember between events.
func (m *matcher) subscribed(name string) []int {
	places := slices.Concat(m.exact[name], m.all)
	for i := range len(name) - 1 {
		if name[i] == '.' {
			places = append(places, m.prefix[name[:i+1]]...)
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}
