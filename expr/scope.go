package expr

import "time"

// Event is what an expression sees of an event.
type Event struct {
	ID, Type, Source string
	Time             string    // RFC 3339
	Accepted         time.Time // stands for Time where that is empty; zero: nothing does
	Data             []byte    // one JSON object: valid UTF-8, no duplicate keys

	// Of a CloudEvent: its own id, and its other attributes as one JSON object,
	// nil for none. Of every other event both are empty.
	CloudID    string
	Attributes []byte
}

// A Scope is one event, decoded at most once however many programs look at it.
// It is for one goroutine at a time.
type Scope struct {
	e    Event
	head []byte // event, as JSON; made when first asked for

	env map[string]any // both roots, decoded, and the meter; made when first asked for
	err error          // why they can't be

	budget Budget // what is left of it, if it is shared
	meter  meter  // of the evaluation under way
}

// The two names that every path begins with, and one that no source can say.
const (
	dataRoot  = "data"
	eventRoot = "event"
	meterRoot = "#meter"
)

// eventMembers are the members of event. Those of a CloudEvent are null for
// every other.
var eventMembers = []string{"id", "type", "time", "source", "ce_id", "ce"}

// NewScope decodes nothing yet. Each evaluation has a budget of its own.
func NewScope(e Event) *Scope { return NewScopeWithin(e, Budget{}) }

// NewScopeWithin is NewScope with another budget.
func NewScopeWithin(e Event, b Budget) *Scope { return &Scope{e: e, budget: b.filled()} }

// raw is the JSON behind a root.
func (s *Scope) raw(root string) []byte {
	if root == eventRoot {
		return s.header()
	}
	if len(s.e.Data) == 0 {
		return []byte("{}")
	}
	return s.e.Data
}

// header writes event as the JSON object that paths are looked up in. What the
// event doesn't have is left out, and so null.
func (s *Scope) header() []byte {
	if s.head != nil {
		return s.head
	}
	at := s.e.Time
	if at == "" && !s.e.Accepted.IsZero() {
		at = s.e.Accepted.UTC().Format(time.RFC3339Nano)
	}
	dst := append(make([]byte, 0, 64+len(s.e.ID)+len(s.e.Type)+len(at)+len(s.e.Source)), `{"id":`...)
	dst = appendString(dst, s.e.ID)
	dst = append(dst, `,"type":`...)
	dst = appendString(dst, s.e.Type)
	if at != "" {
		dst = append(dst, `,"time":`...)
		dst = appendString(dst, at)
	}
	if s.e.Source != "" {
		dst = append(dst, `,"source":`...)
		dst = appendString(dst, s.e.Source)
	}
	if s.e.CloudID != "" {
		dst = append(dst, `,"ce_id":`...)
		dst = appendString(dst, s.e.CloudID)
	}
	if s.e.Attributes != nil {
		dst = append(dst, `,"ce":`...)
		dst = append(dst, s.e.Attributes...)
	}
	s.head = append(dst, '}')
	return s.head
}

// values decodes the event for programs that compute.
func (s *Scope) values() (map[string]any, error) {
	if s.env != nil || s.err != nil {
		return s.env, s.err
	}
	data, err := decode(s.raw(dataRoot))
	if err != nil {
		s.err = err
		return nil, err
	}
	event, err := decode(s.raw(eventRoot))
	if err != nil {
		s.err = err
		return nil, err
	}
	s.env = map[string]any{dataRoot: data, eventRoot: event, meterRoot: &s.meter}
	return s.env, nil
}
