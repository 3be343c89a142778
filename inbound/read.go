package inbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/posternhq/postern/event"
)

// Read decodes what an app would post: one event or an array of them, of
// CloudEvents as well, or, where typ is given, the data of one, by the rules of
// the door. An event without an id gets one. The error says where it is wrong.
func Read(body []byte, typ string, now time.Time) ([]event.Event, error) {
	by := posting{form: bare, typ: typ}
	if typ == "" {
		by.form = guessed(body)
	}
	got, p := by.decode(body)
	if p != nil {
		return nil, errors.New(p.Detail)
	}
	ids := newIDs()
	events := make([]event.Event, len(got.items))
	for i, item := range got.items {
		events[i] = item.Event
		events[i].Accepted = now
		if events[i].ID == "" {
			events[i].ID = ids.next(now)
		}
	}
	return events, nil
}

// guessed is the form of a body of which no media type is known: only
// CloudEvents have a specversion.
func guessed(body []byte) form {
	type versioned struct {
		Version json.RawMessage `json:"specversion"`
	}
	f, whole := cloudOne, body
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		f = cloudBatch
	} else {
		whole = append(append([]byte("["), body...), ']')
	}
	var all []versioned
	if json.Unmarshal(whole, &all) == nil && len(all) > 0 && all[0].Version != nil {
		return f
	}
	return enveloped
}
