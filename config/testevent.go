package config

import (
	"cmp"
	"strings"

	"github.com/posternhq/postern/event"
)

// testEventID is the id of a test's event that names none.
const testEventID = "evt_test"

var eventMembers = []string{"type", "data", "id", "time", "source"}

// testEvent reads what happens in a test: the object that an app would post.
func (l *loader) testEvent(s *section, t *Test) {
	t.Event = event.Event{ID: testEventID, Accepted: t.Now}
	if !s.require("event") {
		return
	}
	n := s.value("event")
	o, ok := n.(*object)
	if !ok {
		if n != nil {
			l.fail(n.at(), `Write event = { type = "contact.subscribed", data = { … } }, or jsondecode(file("…")) of such a JSON.`, "The event of a test is an object.")
		}
		return
	}
	for _, f := range o.fields {
		l.testEventMember(f, &t.Event, t)
	}
	if t.Event.Type == "" && member(o, "type") == nil {
		l.fail(o.place, `Write type = "contact.subscribed" in it.`, "The event of a test needs a type.")
	}
	if member(o, "data") == nil {
		l.fail(o.place, "Write data = { … } in it.", "The event of a test needs data, an object.")
	}
}

func (l *loader) testEventMember(f field, e *event.Event, t *Test) {
	text := func(to *string, advice string, why func(string) string) {
		r, ok := l.scalar(f.value, f.name+" is one text.")
		if !ok {
			return
		}
		if problem := why(r.text); problem != "" {
			l.fail(f.value.at(), advice, "%s", problem)
			return
		}
		*to = r.text
	}
	switch f.name {
	case "type":
		text(&e.Type, `Write one type as the app sends it, such as "contact.subscribed".`, func(v string) string {
			if why := badType(v); why != "" {
				return "A type of events " + why + "."
			}
			return ""
		})
		if e.Type != "" {
			l.checkKnown(f.value, e.Type)
		}
	case "id":
		text(&e.ID, "Leave it out, or write one such as \"evt_1\".", badID)
	case "time":
		text(&e.Time, "", func(v string) string {
			if _, err := parseMoment(v); err != nil {
				return err.Error()
			}
			return ""
		})
	case "source":
		text(&e.Source, "", func(string) string { return "" })
	case "data":
		o, ok := f.value.(*object)
		if !ok {
			l.fail(f.value.at(), `Write { … }, or jsondecode(file("samples/…")).`, "The data of an event is an object.")
			return
		}
		if t.Data = l.want(o); t.Data != nil {
			e.Data = appendJSON(nil, o)
		}
	default:
		l.fail(f.at, suggestOr(f.name, eventMembers, "It has"), "An event has no member %q.", f.name)
	}
}

// checkKnown: with a catalogue, an event that isn't in it is a mistake in one of
// the two.
func (l *loader) checkKnown(n node, name string) {
	if len(l.types) > 0 && l.types[name] == nil && !l.partial {
		l.fail(n.at(), cmp.Or(suggest(name, l.typeNames()), "Declare it with an event block."), "The event %q is not declared.", name)
	}
}

func badID(id string) string {
	strange := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-')
	}
	if len(id) < 1 || len(id) > 128 || strings.ContainsFunc(id, strange) {
		return "The id of an event is 1 to 128 letters, digits, - and _."
	}
	return ""
}
