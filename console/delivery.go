package console

import (
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/posternhq/postern/event"
)

// A Delivery is one event owed to one webhook, as the API tells it.
type Delivery struct {
	ID            string       `json:"id"`
	EventID       string       `json:"event_id"`
	Type          string       `json:"type"`
	Webhook       string       `json:"webhook"`
	State         event.State  `json:"state"`
	Class         *event.Class `json:"class"` // of the last attempt; null before the first
	CreatedAt     time.Time    `json:"created_at"`
	NextAttemptAt *time.Time   `json:"next_attempt_at"` // null unless one is due

	// WaitsFor stands only where another delivery with the same order_by goes first.
	WaitsFor *WaitsFor `json:"waits_for,omitempty"`
	// Holds tells of a failed one that what follows waits for its replay.
	Holds bool `json:"holds,omitempty"`

	// Attempts, oldest first, stand only in the answer for one delivery; in
	// lists the member is absent.
	Attempts []Attempt `json:"attempts,omitzero"`
}

// WaitsFor is the delivery whose turn it is.
type WaitsFor struct {
	ID     string `json:"id"`
	Failed bool   `json:"failed"` // it waits for its replay
}

// An Attempt is one HTTP request made for a delivery, or the attempt to make one.
type Attempt struct {
	Number       int         `json:"number"`
	At           time.Time   `json:"at"`
	DurationMS   int64       `json:"duration_ms"`
	Status       *int        `json:"status"` // null when there was no answer
	Class        event.Class `json:"class"`
	Error        *string     `json:"error"`         // null when it went well
	ResponseBody *string     `json:"response_body"` // null when none was kept
	Truncated    bool        `json:"truncated"`

	// Encoding is "base64" when the body is not valid UTF-8, and so can't stand
	// in JSON as it is; else absent.
	Encoding string `json:"response_body_encoding,omitempty"`

	// Absent where no request was made, and of attempts of versions that kept none.
	Connection *Connection `json:"connection,omitempty"`
	Timeline   *Timeline   `json:"timeline,omitempty"`
}

// A List is a page of deliveries, newest first. NextCursor is null on the last one.
type List struct {
	Deliveries []Delivery `json:"deliveries"`
	NextCursor *string    `json:"next_cursor"`
}

// An Event is one event with the deliveries that it owes.
type Event struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Time       *string         `json:"time"` // as the app wrote it; null when it did not say
	Source     *string         `json:"source"`
	CloudID    string          `json:"ce_id,omitempty"`    // of a CloudEvent; else absent, and so is the next
	Attributes json.RawMessage `json:"ce,omitempty"`       // subject, dataschema, datacontenttype and extensions
	TraceID    string          `json:"trace_id,omitempty"` // of the trace context that it came with; else absent
	AcceptedAt time.Time       `json:"accepted_at"`
	Data       json.RawMessage `json:"data"`
	Deliveries []Delivery      `json:"deliveries"`
}

// listed tells of d without its attempts.
func listed(d event.Delivery) Delivery {
	out := Delivery{
		ID: d.ID, EventID: d.EventID, Type: d.Type, Webhook: d.Webhook, State: d.State,
		Class: orNull(d.Class), CreatedAt: d.Created.UTC(), NextAttemptAt: orNull(d.Next.UTC()), Holds: d.Holds,
	}
	if b := d.Behind; b != nil {
		out.WaitsFor = &WaitsFor{b.ID, b.Failed}
	}
	return out
}

func listAll(ds []event.Delivery) []Delivery {
	out := make([]Delivery, len(ds))
	for i, d := range ds {
		out[i] = listed(d)
	}
	return out
}

// detailed tells of d with its attempts.
func detailed(d event.Delivery) Delivery {
	out := listed(d)
	out.Attempts = make([]Attempt, len(d.Attempts))
	for i, a := range d.Attempts {
		out.Attempts[i] = attempt(a)
	}
	return out
}

func attempt(a event.Attempt) Attempt {
	body, encoding := bodyText(a.ResponseBody, a.Truncated)
	return Attempt{
		Number: a.Number, At: a.At.UTC(), DurationMS: a.Duration.Milliseconds(),
		Status: orNull(a.Status), Class: a.Class, Error: orNull(a.Error),
		ResponseBody: orNull(body), Truncated: a.Truncated, Encoding: encoding,
		Connection: connection(a.Connection), Timeline: timeline(a.Timeline),
	}
}

// bodyText is a body as a JSON string can hold it. Where it was cut, a character
// that was cut with it doesn't count.
func bodyText(b []byte, cut bool) (text, encoding string) {
	text = string(b)
	for i := len(b); cut && i > 0 && i > len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i-1]) {
			if !utf8.FullRune(b[i-1:]) {
				text = string(b[:i-1])
			}
			break
		}
	}
	if utf8.ValidString(text) {
		return text, ""
	}
	return base64.StdEncoding.EncodeToString(b), "base64"
}

func eventWith(e event.Event, ds []event.Delivery) Event {
	out := Event{
		ID: e.ID, Type: e.Type, Time: orNull(e.Time), Source: orNull(e.Source), TraceID: e.Trace.ID(),
		AcceptedAt: e.Accepted.UTC(), Data: e.Data, Deliveries: listAll(ds),
	}
	if e.Cloud != nil {
		out.CloudID, out.Attributes = e.Cloud.ID, e.Cloud.Attributes
	}
	return out
}

// orNull is nil for a zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
