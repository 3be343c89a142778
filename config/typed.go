package config

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// maxChecks bounds how many expressions meet how many samples.
const maxChecks = 50_000

// typing is what the samples of events say about expressions.
type typing struct {
	done  map[check][]*expr.Error
	wrong map[hcl.Range]*mistyped // by place
	order []*mistyped
}

// A check is one expression against one sample; those of several webhooks that
// read alike are one.
type check struct {
	source string
	kind   expr.Kind
	sample *expr.Sample
}

// mistyped is one mistake, and the types of events that show it.
type mistyped struct {
	at     hcl.Range
	err    *expr.Error
	events []string
}

// checkTypes checks every expression of a webhook against the sample of every
// event that it gets. One in a mapping is found by each webhook that uses it, and
// told once.
func (l *loader) checkTypes(s *section, w *outbound.Webhook) {
	var gets []*eventType
	for _, name := range l.typeNames() {
		t := l.types[name]
		if _, subscribed := w.Subscribed(name); subscribed && t.sample != nil {
			gets = append(gets, t)
		}
	}
	if len(gets) == 0 {
		return
	}
	l.checkNode(s.node("filter"), expr.Bool, gets)
	l.checkNode(s.node("order_by"), expr.Scalar, gets)
	l.checkNode(s.node("url"), expr.Scalar, gets)
	for _, name := range []string{"headers", "query"} {
		for _, f := range l.texts(s, name) {
			l.checkNode(f.value, expr.Scalar, gets)
		}
	}
	l.checkNode(s.node("payload"), expr.Value, gets)
}

func (l *loader) checkNode(n node, kind expr.Kind, gets []*eventType) {
	switch n := n.(type) {
	case *program:
		for _, t := range gets {
			l.checkType(n, kind, t)
		}
	case *text:
		for _, p := range n.parts {
			l.checkNode(p, expr.Scalar, gets)
		}
	case *array:
		for _, item := range n.items {
			l.checkNode(item, kind, gets)
		}
	case *object:
		for _, f := range n.fields {
			l.checkNode(f.value, kind, gets)
		}
	}
}

func (l *loader) checkType(p *program, kind expr.Kind, t *eventType) {
	c := check{p.source, kind, t.sample}
	errs, done := l.typed.done[c]
	if !done {
		if len(l.typed.done) == maxChecks {
			return
		}
		errs = p.compiled.Check(t.sample, kind)
		if l.typed.done == nil {
			l.typed.done, l.typed.wrong = map[check][]*expr.Error{}, map[hcl.Range]*mistyped{}
		}
		l.typed.done[c] = errs
	}
	for _, err := range errs {
		l.mistype(l.inside(p.arg, err.Offset, err.Length), err, t.name)
	}
}

// mistype notes a mistake. At one place the first one is told, whatever other
// types make of it.
func (l *loader) mistype(at hcl.Range, err *expr.Error, event string) {
	m := l.typed.wrong[at]
	if m == nil {
		m = &mistyped{at: at, err: err}
		l.typed.wrong[at] = m
		l.typed.order = append(l.typed.order, m)
	}
	if m.err.Message == err.Message && !slices.Contains(m.events, event) {
		m.events = append(m.events, event)
	}
}

// failTypes reports what checkTypes has found.
func (l *loader) failTypes() {
	for _, m := range l.typed.order {
		l.fail(m.at, sentence(m.err.Hint), "In %s, %s.", inEvents(m.events), m.err.Message)
	}
	if len(l.typed.done) == maxChecks {
		l.warn(hcl.Range{}, "Subscribe webhooks to fewer types, or give samples to fewer.",
			"More than %d expressions and samples meet; some were not checked against them.", maxChecks)
	}
}

// inEvents names types of events, and not too many of them.
func inEvents(names []string) string {
	slices.Sort(names)
	shown := make([]string, 0, 3)
	for _, name := range names[:min(len(names), 3)] {
		shown = append(shown, strconv.Quote(name))
	}
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, strconv.Itoa(more)+" more")
	}
	return and(shown)
}
