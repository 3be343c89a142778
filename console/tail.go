package console

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/posternhq/postern/event"
)

// An Ended attempt, or a delivery that ended without one, as it happened.
type Ended struct {
	At         time.Time   `json:"at"`
	Delivery   string      `json:"delivery_id"`
	EventID    string      `json:"event_id"`
	Type       string      `json:"type"`
	Webhook    string      `json:"webhook"`
	State      event.State `json:"state"` // pending: it is attempted again
	Class      event.Class `json:"class"`
	Number     int         `json:"attempt"` // 0: none was made
	Status     *int        `json:"status"`  // null when there was no answer
	DurationMS int64       `json:"duration_ms"`
	Error      *string     `json:"error"`
	Next       *time.Time  `json:"next_attempt_at"`
}

// A Tail is what ended since a number: the Next of the tail before it.
type Tail struct {
	Attempts []Ended `json:"attempts"` // oldest first
	Next     uint64  `json:"next"`
	Missed   uint64  `json:"missed"` // that were too many to be kept
}

// A Sight chooses what a tail shows. Zero fields choose all.
type Sight struct {
	From    uint64 // 0: nothing, but the number to go on from
	Webhook string
	State   event.State // as it was left; a pending one may be held since
}

// NewSight reads parameters; it fails with a *ParameterError.
func NewSight(v url.Values) (s Sight, err error) {
	s = Sight{Webhook: v.Get("webhook"), State: event.State(v.Get("state"))}
	if err := oneOf("state", s.State, []event.State{event.Pending, event.Delivered, event.Failed, event.Skipped}); err != nil {
		return s, err
	}
	if from := v.Get("from"); from != "" {
		if s.From, err = strconv.ParseUint(from, 10, 64); err != nil {
			return s, &ParameterError{"from", "the number that an answer gave as next is wanted"}
		}
	}
	return s, nil
}

func (s Sight) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"webhook": s.Webhook, "state": string(s.State)} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if s.From != 0 {
		v.Set("from", strconv.FormatUint(s.From, 10))
	}
	return v
}

func (a api) attempts(r *http.Request) (any, error) {
	v, err := parameters(r.URL.RawQuery, "webhook", "state", "from")
	if err != nil {
		return nil, err
	}
	s, err := NewSight(v)
	if err != nil {
		return nil, err
	}
	if s.From == 0 {
		s.From = math.MaxUint64
	}
	t := a.agent.Recent(s.From)
	t.Attempts = slices.DeleteFunc(orEmpty(t.Attempts), func(e Ended) bool {
		return s.Webhook != "" && e.Webhook != s.Webhook || s.State != "" && e.State != s.State
	})
	return t, nil
}

// Attempts tells what ended since a number.
func (c *Client) Attempts(ctx context.Context, s Sight) (Tail, error) {
	return call[Tail](ctx, c, request{path: at("attempts"), query: s.values()})
}
