package dryrun

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// An Outcome is what an event means to a webhook.
type Outcome string

const (
	Delivers      Outcome = "delivers"
	Holds         Outcome = "holds"          // it matches, and waits: the webhook is inactive or suspended
	Skips         Outcome = "skips"          // the webhook is inactive with on_inactive = "skip"
	NotSubscribed Outcome = "not_subscribed" // to the event's type
	FilteredOut   Outcome = "filtered_out"   // the filter says no
	FilterFails   Outcome = "filter_fails"   // and so does the delivery
	OrderFails    Outcome = "order_fails"    // order_by does, and so does the delivery
	RequestFails  Outcome = "request_fails"  // no request can be made of the event
)

// An Explanation says why a webhook gets an event, or not, and what it gets.
type Explanation struct {
	Webhook      string   `json:"webhook"`
	Outcome      Outcome  `json:"outcome"`
	Reason       string   `json:"reason"`       // one sentence
	Subscription string   `json:"subscription"` // that covers the type; empty: none
	Filter       *Field   `json:"filter,omitempty"`
	OrderBy      *Field   `json:"order_by,omitempty"` // its value as text, or null: in no order
	Fields       []Field  `json:"fields"`             // in the declared order; empty for the standard payload
	Request      *Request `json:"request,omitempty"`
	SuccessWhen  *Field   `json:"success_when,omitempty"` // without a value: it is about the answer
}

// A Field is a value that is worked out from the event, with where it is
// written and what came of it.
type Field struct {
	Name   string          `json:"name"`   // as in config.Setting
	Source string          `json:"source"` // as written
	Place  string          `json:"place"`  // file:line:column
	Value  json.RawMessage `json:"value,omitempty"`
	Error  string          `json:"error,omitempty"` // in place of a value
	Saw    []Seen          `json:"saw,omitempty"`   // what the filter read
}

// Seen is one value of the event that an expression read.
type Seen struct {
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// Options are what an explanation needs besides the event. Zero fields are
// filled in as said.
type Options struct {
	Time    time.Time // of the attempt; zero: when the event was accepted
	Version string    // of the program, for User-Agent

	// Stands tells why a webhook holds its deliveries, such as a suspension;
	// empty: it doesn't. nil: nothing holds but active = false.
	Stands func(webhook string) string
}

// Explain tells what an event means to each webhook, in the order of their
// declaration.
func Explain(g *config.Generation, e *event.Event, o Options) []Explanation {
	if o.Time.IsZero() {
		o.Time = e.Accepted
	}
	matches := map[string]config.Match{}
	for _, m := range g.Match(e) {
		matches[m.Webhook] = m
	}
	all := make([]Explanation, 0, len(g.Webhooks()))
	for _, w := range g.Webhooks() {
		x := &explainer{g: g, w: w, e: e, o: o, scope: outbound.Scope(e)}
		all = append(all, x.explain(matches))
	}
	return all
}

// An explainer explains one event to one webhook.
type explainer struct {
	g     *config.Generation
	w     *outbound.Webhook
	e     *event.Event
	o     Options
	scope *expr.Scope
}

func (x *explainer) explain(matches map[string]config.Match) Explanation {
	out := Explanation{Webhook: x.w.Name, Fields: []Field{}}
	subscription, subscribed := x.w.Subscribed(x.e.Type)
	if !subscribed {
		out.Outcome, out.Reason = NotSubscribed, "It does not subscribe: "+unsubscribed(x.w, x.e.Type)+"."
		return out
	}
	out.Subscription = subscription.String()
	out.Filter = x.filter()
	m, matched := matches[x.w.Name]
	if !matched {
		out.Outcome, out.Reason = FilteredOut, "Its filter says no."
		return out
	}
	out.OrderBy = x.orderBy()
	switch {
	case m.State == event.Failed && m.Class == event.Mapping:
		out.Outcome, out.Reason = OrderFails, "Its order can't be told, and so its delivery fails: "+m.Error+"."
		return out
	case m.State == event.Failed:
		out.Outcome, out.Reason = FilterFails, "Its filter fails, and so does the delivery: "+m.Error+"."
		return out
	case m.State == event.Skipped:
		out.Outcome, out.Reason = Skips, `It is inactive, with on_inactive = "skip".`
		return out
	}
	out.Outcome, out.Reason = Delivers, "It is delivered at once."
	if why := x.holds(); why != "" {
		out.Outcome, out.Reason = Holds, why
	}
	out.Fields = x.fields()
	out.SuccessWhen = x.successWhen()
	r, err := newRequest(x.g, x.w, x.e, x.o)
	if err != nil {
		out.Outcome, out.Reason = RequestFails, "No request can be made of it: "+err.Error()+"."
		return out
	}
	out.Request = r
	return out
}

// unsubscribed says why a webhook does not get events of a type.
func unsubscribed(w *outbound.Webhook, name string) string {
	events := make([]string, len(w.Events))
	for i, s := range w.Events {
		events[i] = s.String()
	}
	return fmt.Sprintf("its events are %s, and this one is %s", strings.Join(events, ", "), name)
}

func (x *explainer) holds() string {
	if x.o.Stands != nil {
		return x.o.Stands(x.w.Name)
	}
	if !x.w.Active {
		return "It is inactive: deliveries are held until it is active again."
	}
	return ""
}

// filter is nil if there is none.
func (x *explainer) filter() *Field {
	s, ok := settingOf(x.g.Settings(x.w.Name), "filter")
	if !ok {
		return nil
	}
	f := x.field(s)
	f.Saw = saw(x.w.Filter, x.scope)
	return &f
}

// orderBy is nil if there is none.
func (x *explainer) orderBy() *Field {
	s, ok := settingOf(x.g.Settings(x.w.Name), "order_by")
	if !ok {
		return nil
	}
	f := Field{Name: s.Name, Source: s.Text, Place: s.Place.String(), Value: json.RawMessage("null")}
	key, err := x.w.OrderKey(x.scope)
	switch {
	case err != nil:
		f.Value, f.Error = nil, err.Error()
	case key != "":
		f.Value = quoted(key)
	}
	f.Saw = saw(x.w.OrderBy, x.scope)
	return &f
}

// successWhen is nil if a 2xx is what it is.
func (x *explainer) successWhen() *Field {
	s, ok := settingOf(x.g.Settings(x.w.Name), "success_when")
	if !ok {
		return nil
	}
	return &Field{Name: s.Name, Source: s.Text, Place: s.Place.String()}
}

func settingOf(all []config.Setting, name string) (s config.Setting, ok bool) {
	i := slices.IndexFunc(all, func(s config.Setting) bool { return s.Name == name })
	if i < 0 {
		return s, false
	}
	return all[i], true
}

// saw are the values that a program reads, as far as it says which.
func saw(p *expr.Program, s *expr.Scope) (all []Seen) {
	for _, path := range p.Reads() {
		read, err := expr.Compile(path, expr.Value)
		if err != nil {
			continue // it was part of a program, so that this can't be
		}
		if value, err := read.AppendJSON(nil, s); err == nil {
			all = append(all, Seen{path, value})
		}
	}
	return all
}

// fields are all settings whose value may differ from event to event.
func (x *explainer) fields() []Field {
	all := []Field{}
	for _, s := range x.g.Settings(x.w.Name) {
		if s.Value != nil && s.Name != "filter" && s.Name != "order_by" {
			all = append(all, x.field(s))
		}
	}
	return all
}

func (x *explainer) field(s config.Setting) Field {
	f := x.value(s.Value)
	f.Name, f.Source, f.Place = s.Name, s.Text, s.Place.String()
	if s.Text == hidden {
		f.Value = json.RawMessage(`"` + hidden + `"`)
	}
	return f
}

// value works one value out, alone.
func (x *explainer) value(n expr.Node) (f Field) {
	rendered, err := expr.NewMapping(&expr.Object{Fields: []expr.Field{{Name: "v", Value: n}}}).Render(x.scope)
	if err != nil {
		f.Error = strings.TrimPrefix(err.Error(), "payload.v: ")
		return f
	}
	whole := fillHoles(rendered)
	f.Value = whole[len(`{"v":`) : len(whole)-1]
	return f
}

// fillHoles writes what stands for a secret where one goes in.
func fillHoles(r expr.Rendered) []byte {
	var out []byte
	last := 0
	for _, h := range r.Holes {
		out = append(append(out, r.JSON[last:h.Offset]...), hidden...)
		last = h.Offset
	}
	return append(out, r.JSON[last:]...)
}
