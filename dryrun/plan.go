package dryrun

import (
	"maps"
	"slices"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
)

// A Plan is what would change if one configuration took the place of another.
type Plan struct {
	// Refused tells that a reload would be refused; Diagnostics say why, or hold
	// warnings. Restart names what can't change while running: with a restart it
	// can. The rest is empty of a configuration that can't be loaded.
	Refused     bool               `json:"refused"`
	Diagnostics config.Diagnostics `json:"diagnostics"`
	Restart     []string           `json:"restart"`

	Added   []string  `json:"added"`
	Changed []Changed `json:"changed"`
	Removed []string  `json:"removed"`

	// Other tells that the files differ, though no webhook does: settings of other
	// blocks, such as egress, or the layout alone.
	Other bool `json:"other"`

	Deliveries []Touched `json:"deliveries"` // that wait, by webhook
	Renames    []Rename  `json:"renames"`
	Events     []Changes `json:"events"`   // those that would be told otherwise
	Compared   int       `json:"compared"` // events
}

// Changed is a webhook with its settings that differ.
type Changed struct {
	Webhook  string          `json:"webhook"`
	Settings []config.Change `json:"settings"`
}

// Touched says what becomes of the deliveries that wait for a webhook.
type Touched struct {
	Webhook string `json:"webhook"`
	Effect  Effect `json:"effect"`
	Count   int64  `json:"count"`
}

// An Effect is what becomes of waiting deliveries.
type Effect string

const (
	Orphaned Effect = "orphaned" // the webhook goes; they stay until it returns
	Adopted  Effect = "adopted"  // it returns: they go on
	Held     Effect = "held"     // it becomes inactive
	Released Effect = "released" // it becomes active: they go out, oldest first
	Resumed  Effect = "resumed"  // the change ends its suspension
)

// A Rename is a webhook that goes while a similar one comes. What waits for the
// old one stays behind unless it is moved.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Changes are what one event would mean to webhooks, as it is against as it would be.
type Changes struct {
	EventID  string       `json:"event_id"`
	Type     string       `json:"type"`
	Webhooks []Difference `json:"webhooks"`
}

// A Difference is an event's meaning to one webhook, before and after.
type Difference struct {
	Webhook string  `json:"webhook"`
	Was     Outcome `json:"was"` // not_subscribed where there was no such webhook
	Is      Outcome `json:"is"`
	Parts   []Part  `json:"parts"` // that differ of the request, or order_by; empty when there is no request on either side
}

// Waiting tells how many deliveries wait for a webhook, and whether it is
// suspended.
type Waiting struct {
	Count     int64
	Suspended bool
}

// Compare plans the way from old to new. waiting is by webhook; events are real
// ones, whose requests are compared; warnings are what loading new told.
func Compare(old, new *config.Generation, waiting map[string]Waiting, events []event.Event, warnings config.Diagnostics) Plan {
	diff, restart := config.Compare(old, new)
	p := empty()
	p.Diagnostics = warnings
	p.Refuse(config.Refuse(old, new, restart))
	p.Restart = append(p.Restart, restart...)
	p.Added, p.Removed, p.Compared = diff.Added, diff.Removed, len(events)
	for _, w := range new.Webhooks() {
		if slices.Contains(diff.Added, w.Name) {
			continue
		}
		if changes := config.Changes(old.Settings(w.Name), new.Settings(w.Name)); len(changes) > 0 {
			p.Changed = append(p.Changed, Changed{w.Name, changes})
		}
	}
	p.Other = old.Hash != new.Hash && len(p.Added)+len(p.Changed)+len(p.Removed) == 0
	p.touch(old, new, waiting)
	p.Renames = renames(old, new, diff)
	for i := range events {
		if c := compareEvent(old, new, &events[i]); len(c.Webhooks) > 0 {
			p.Events = append(p.Events, c)
		}
	}
	return p
}

// Refused is the plan of a configuration that can't be loaded.
func Refused(why config.Diagnostics) Plan {
	p := empty()
	p.Refuse(why)
	return p
}

// Refuse adds why a reload would be refused; nil: it would not, for all that the
// caller knows.
func (p *Plan) Refuse(why config.Diagnostics) {
	p.Refused = p.Refused || why != nil
	p.Diagnostics = slices.Concat(p.Diagnostics, why)
}

// empty has lists where there is nothing: in JSON null would be one more case.
func empty() Plan {
	return Plan{
		Restart: []string{}, Added: []string{}, Changed: []Changed{}, Removed: []string{},
		Deliveries: []Touched{}, Renames: []Rename{}, Events: []Changes{},
	}
}

// touch finds what becomes of what waits.
func (p *Plan) touch(old, new *config.Generation, waiting map[string]Waiting) {
	for _, name := range slices.Sorted(maps.Keys(waiting)) {
		wait := waiting[name]
		was, is := old.Plan.Webhooks[name], new.Plan.Webhooks[name]
		var effect Effect
		switch {
		case wait.Count == 0:
		case was != nil && is == nil:
			effect = Orphaned
		case was == nil && is != nil:
			effect = Adopted
		case was == nil:
		case was.Active && !is.Active:
			effect = Held
		case wait.Suspended && was.Fingerprint != is.Fingerprint:
			effect = Resumed
		case !was.Active && is.Active && !wait.Suspended:
			effect = Released
		}
		if effect != "" {
			p.Deliveries = append(p.Deliveries, Touched{name, effect, wait.Count})
		}
	}
}

// renames pairs webhooks that go with ones that come and are told the same,
// but for a few settings.
func renames(old, new *config.Generation, d config.Diff) []Rename {
	found, taken := []Rename{}, map[string]bool{}
	for _, from := range d.Removed {
		best, least := "", len(old.Settings(from))/4+1
		for _, to := range d.Added {
			if n := len(config.Changes(old.Settings(from), new.Settings(to))); !taken[to] && n < least {
				best, least = to, n
			}
		}
		if best != "" {
			taken[best] = true
			found = append(found, Rename{from, best})
		}
	}
	return found
}

// compareEvent compares what one event means to each webhook of either side.
func compareEvent(old, new *config.Generation, e *event.Event) Changes {
	c := Changes{EventID: e.ID, Type: e.Type, Webhooks: []Difference{}}
	o := Options{Time: e.Accepted, Stands: func(string) string { return "" }}
	before := map[string]Explanation{}
	for _, x := range Explain(old, e, o) {
		before[x.Webhook] = x
	}
	for _, is := range Explain(new, e, o) {
		was, had := before[is.Webhook]
		if !had {
			was.Outcome = NotSubscribed
		}
		delete(before, is.Webhook)
		c.add(is.Webhook, was, is)
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		c.add(name, before[name], Explanation{Outcome: NotSubscribed})
	}
	return c
}

func (c *Changes) add(webhook string, was, is Explanation) {
	d := Difference{Webhook: webhook, Was: was.Outcome, Is: is.Outcome, Parts: []Part{}}
	if was.Request != nil && is.Request != nil {
		d.Parts = append(differences(was.Request, is.Request), orders(was.OrderBy, is.OrderBy)...)
	}
	if d.Was != d.Is || len(d.Parts) > 0 {
		c.Webhooks = append(c.Webhooks, d)
	}
}
