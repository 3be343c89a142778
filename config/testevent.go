package config

import (
	"cmp"

	"github.com/posternhq/postern/event"
)

// testEventID is the id of a test's event that names none.
const testEventID = "evt_test"

var eventMembers = []string{"type", "data", "id", "time", "source", "ce_id", "ce"}

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
	if c := t.Event.Cloud; c != nil && member(o, "id") == nil && c.ID != "" {
		t.Event.ID = event.CloudID(t.Event.Source, c.ID)
	}
	if t.Event.Type == "" && member(o, "type") == nil {
		l.fail(o.place, `Write type = "contact.subscribed" in it.`, "The event of a test needs a type.")
	}
	if member(o, "data") == nil {
		l.fail(o.place, "Write data = { … } in it.", "The event of a test needs data, an object.")
	}
}

func (l *loader) testEventMember(f field, e *event.Event, t *Test) {
	text := func(to *string, advice string, wrong func(string) string) {
		r, ok := l.scalar(f.value, f.name+" is one text.")
		if !ok {
			return
		}
		if why := wrong(r.text); why != "" {
			l.fail(f.value.at(), advice, "%s", sentence(why))
			return
		}
		*to = r.text
	}
	switch f.name {
	case "type":
		text(&e.Type, `Write one type as the app sends it, such as "contact.subscribed".`, event.WrongType)
		if e.Type != "" {
			l.checkKnown(f.value, e.Type)
		}
	case "id":
		text(&e.ID, `Leave it out, or write one such as "evt_1".`, event.WrongID)
	case "time":
		text(&e.Time, "", event.WrongTime)
	case "source":
		text(&e.Source, "", event.WrongSource)
	case "ce_id":
		text(&cloud(e).ID, "", event.WrongCloudID)
	case "ce":
		l.testAttributes(f.value, cloud(e))
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

// cloud is what makes an event a CloudEvent.
func cloud(e *event.Event) *event.Cloud {
	if e.Cloud == nil {
		e.Cloud = &event.Cloud{Attributes: []byte("{}")}
	}
	return e.Cloud
}

// testAttributes reads a CloudEvent's subject, extensions and the like.
func (l *loader) testAttributes(n node, c *event.Cloud) {
	o, ok := n.(*object)
	if !ok {
		l.fail(n.at(), `Write ce = { subject = "contact/42" }.`, "What a CloudEvent has beside its data is an object.")
		return
	}
	well := true
	for _, f := range o.fields {
		if why := event.WrongAttribute(f.name); why != "" {
			l.fail(f.at, "", "%s", sentence(why))
			well = false
		} else if _, ok := l.scalar(f.value, f.name+" is one value."); !ok {
			well = false
		}
	}
	if well {
		c.Attributes = appendJSON(nil, o)
	}
}

// checkKnown: with a catalogue, an event that isn't in it is a mistake in one of
// the two.
func (l *loader) checkKnown(n node, name string) {
	if len(l.types) > 0 && l.types[name] == nil && !l.partial {
		l.fail(n.at(), cmp.Or(suggest(name, l.typeNames()), "Declare it with an event block."), "The event %q is not declared.", name)
	}
}
