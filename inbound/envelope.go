package inbound

import (
	"fmt"
	"strings"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/nearest"
)

// item makes an item of the members that were just read, and adds a fault for
// each that is not as it should be, as long as faults are wanted.
func (d *decoding) item() (item Item) {
	e := &item.Event
	var typed, filled bool
	for _, m := range d.members {
		if d.faults.full() {
			return item
		}
		value := d.b[m.from:m.to:m.to]
		switch string(m.name) {
		case "type":
			typed = true
			e.Type = d.text("type", reasonType, value, event.WrongType)
		case "data":
			filled = true
			e.Data = value
			if value[0] != '{' {
				d.wrong(reasonData, "data", "data is a JSON object, not "+kind(value))
			}
		case "id":
			e.ID = d.text("id", reasonID, value, event.WrongID)
		case "time":
			e.Time = d.text("time", reasonTime, value, event.WrongTime)
		case "source":
			e.Source = d.text("source", reasonSource, value, event.WrongSource)
		default:
			d.wrong(reasonMember, string(m.name), unknown(string(m.name)))
		}
	}
	if !typed {
		d.wrong(reasonType, "", "type is missing")
	}
	if !filled {
		d.wrong(reasonData, "", "data is missing: it is a JSON object, {} at least")
	}
	return item
}

// text reads a member that is a string and stands the check, which says what is
// wrong.
func (d *decoding) text(name, reason string, value []byte, check func(string) string) string {
	if value[0] != '"' {
		d.wrong(reason, name, fmt.Sprintf("%s is a string, not %s; leave out what has no value", name, kind(value)))
		return ""
	}
	text := meant(value)
	if wrong := check(text); wrong != "" {
		d.wrong(reason, name, wrong)
	}
	return text
}

var members = []string{"type", "data", "id", "time", "source"}

// alsoCalled are names that other senders use for our members.
var alsoCalled = map[string]string{
	"payload": "data", "body": "data", "properties": "data", "attributes": "data",
	"event": "type", "event_type": "type", "eventtype": "type", "name": "type", "topic": "type",
	"event_id": "id", "eventid": "id", "message_id": "id", "uuid": "id",
	"timestamp": "time", "created_at": "time", "occurred_at": "time", "date": "time",
}

// unknown says what may be meant by a member that does not exist.
func unknown(name string) string {
	if name == "specversion" {
		return "this is a CloudEvent: send it as application/cloudevents+json, or several as application/cloudevents-batch+json"
	}
	if meant := suggest(name); meant != "" {
		return fmt.Sprintf("unknown member %.40q; did you mean %q?", name, meant)
	}
	return fmt.Sprintf("unknown member %.40q: an event has type, data, id, time and source; what is yours goes into data", name)
}

func suggest(name string) string {
	if len(name) > 40 {
		return ""
	}
	lower := strings.ToLower(name)
	if meant := alsoCalled[lower]; meant != "" {
		return meant
	}
	return nearest.Name(lower, members)
}
