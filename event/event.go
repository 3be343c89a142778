package event

import "time"

// An Event is something that happened in the campaign app, as it was accepted.
type Event struct {
	// ID is 1 to 128 of [A-Za-z0-9_-]. Every attempt of every delivery of the
	// event carries it as webhook-id.
	ID string

	// Type is 1 to 128 bytes of text without control characters, '*', or outer
	// spaces, such as "contact.subscribed".
	Type string

	// Time is when it happened, in RFC 3339 exactly as the app wrote it; empty
	// when the app did not say.
	Time string

	// Source says where it happened, in the app's words; may be empty.
	Source string

	// Data is one JSON object, byte for byte as received: valid UTF-8, no
	// duplicate keys, nested at most 64 deep. It is never changed in place.
	Data []byte

	// Cloud is what a CloudEvent has beside this; nil for every other.
	Cloud *Cloud

	// Trace is the trace context that it came with.
	Trace Trace

	// Accepted is when Postern accepted the event.
	Accepted time.Time
}

// Timestamp is the event's time as the app wrote it, else the time of
// acceptance, in RFC 3339.
func (e *Event) Timestamp() string {
	if e.Time != "" {
		return e.Time
	}
	return e.Accepted.UTC().Format(time.RFC3339Nano)
}
