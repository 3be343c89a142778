package inbound

import (
	"errors"
	"time"

	"github.com/posternhq/postern/event"
)

// Read decodes what an app would post: one event or an array of them, or, where
// typ is given, the data of one, by the rules of the door. An event without an
// id gets one. The error says where it is wrong.
func Read(body []byte, typ string, now time.Time) ([]event.Event, error) {
	items, _, p := decode(body, typ)
	if p != nil {
		return nil, errors.New(p.Detail)
	}
	ids := newIDs()
	events := make([]event.Event, len(items))
	for i, item := range items {
		events[i] = item.Event
		events[i].Accepted = now
		if events[i].ID == "" {
			events[i].ID = ids.next(now)
		}
	}
	return events, nil
}
