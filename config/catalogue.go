package config

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// An eventType is a declared event.
type eventType struct {
	name   string
	at     hcl.Range
	sample *expr.Sample // nil: none, or a bad one
}

// events reads the catalogue.
func (l *loader) events(blocks []*hclsyntax.Block) {
	for _, b := range blocks {
		name, at := b.Labels[0], b.LabelRanges[0]
		if why := event.WrongType(name); why != "" {
			l.fail(at, `Name one type as the app sends it, such as "contact.subscribed".`, "%s", sentence(why))
			continue
		}
		if before := l.types[name]; before != nil {
			l.fail(at, declaredAt(before.at), "The event %q is declared twice.", name)
			continue
		}
		s := l.section(b.Body, b, eventBody)
		t := &eventType{name: name, at: at}
		l.types[name] = t
		l.gen.Events = append(l.gen.Events, EventType{Name: name, Description: s.open("description"), Sample: l.sample(s, t)})
	}
}

// typeNames are the declared types of events, sorted.
func (l *loader) typeNames() []string {
	if len(l.names) != len(l.types) {
		l.names = slices.Sorted(maps.Keys(l.types))
	}
	return l.names
}

// declares tells whether a subscription fits a declared type.
func (l *loader) declares(sub outbound.Subscription) bool {
	if sub.Type != "" {
		return l.types[sub.Type] != nil
	}
	names := l.typeNames()
	i, _ := slices.BinarySearch(names, sub.Prefix+"\x00")
	return sub.All || i < len(names) && strings.HasPrefix(names[i], sub.Prefix)
}

// sample reads the data of an event as JSON.
func (l *loader) sample(s *section, t *eventType) []byte {
	n := s.node("sample")
	if n == nil {
		return nil
	}
	o, ok := n.(*object)
	if !ok {
		if _, unknown := n.(*derived); !unknown {
			l.fail(n.at(), `Write it in place, or sample = jsondecode(file("samples/…")).`, "A sample is an object: the event's data.")
		}
		return nil
	}
	if !l.fixed(o) {
		return nil
	}
	data := appendJSON(nil, o)
	l.spend(o.place, len(data))
	var err error
	if t.sample, err = expr.NewSample(data); err != nil {
		l.failWith(o.place, err)
		return nil
	}
	for path := range t.sample.Paths() {
		l.paths[path] = true
	}
	return data
}

// fixed reports what is not known before there is an event, or is a secret.
func (l *loader) fixed(n node) bool {
	switch n := n.(type) {
	case *literal:
		return true
	case *array:
		return !anyOf(n.items, func(item node) bool { return !l.fixed(item) })
	case *object:
		return !slices.ContainsFunc(n.fields, func(f field) bool { return !l.fixed(f.value) })
	}
	if d, ok := n.(*derived); ok && d.open {
		return false // not known without the environment
	}
	if fromEvents(n) {
		l.fail(n.at(), "Write a value as an event would hold it.", "A sample is fixed: it holds no expr.")
	} else {
		l.fail(n.at(), "If it is none, write plain(…) around it.", "A sample is shown to people, and can't hold a secret.")
	}
	return false
}

func identifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}
