package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/event"
)

// A Query chooses deliveries. Zero fields choose all.
type Query struct {
	Webhook string
	State   event.State // as people see it: held and orphaned too
	Type    string      // of the event
	Class   event.Class
	Since   time.Time // accepted at or after
	Limit   int       // 0: 50; at most 500
	Cursor  string    // NextCursor of the page before
}

const (
	defaultLimit = 50

	// MaxLimit is the longest list that is given at once.
	MaxLimit = 500
)

// states and classes are all that a delivery can be in.
var (
	states  = []event.State{event.Pending, event.Held, event.Delivered, event.Failed, event.Skipped, event.Orphaned}
	classes = []event.Class{
		event.OK, event.DNS, event.Refused, event.Reset, event.Timeout, event.TLS, event.BlockedAddress,
		event.Redirect, event.Status, event.BadResponse, event.Proxy, event.Auth, event.Mapping, event.Filter,
		event.TooLarge, event.SuccessWhen, event.Gone, event.Expired, event.Crash,
	}
)

// queryNames are the parameters of a list of deliveries.
var queryNames = []string{"webhook", "state", "type", "class", "since", "limit", "cursor"}

// A ParameterError is a parameter of a [Query] that can't be taken.
type ParameterError struct{ Name, Why string }

func (e *ParameterError) Error() string {
	return fmt.Sprintf("query parameter %s: %s", strconv.QuoteToASCII(e.Name), e.Why)
}

func (e *ParameterError) Unwrap() error { return errParameter }

// parameters reads a raw query of which only the named parameters are allowed,
// once each.
func parameters(raw string, names ...string) (url.Values, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &ParameterError{"?", "the query is not well-formed"}
	}
	given := make([]string, 0, len(values))
	for name := range values {
		given = append(given, name)
	}
	slices.Sort(given)
	for _, name := range given {
		switch {
		case !slices.Contains(names, name) && len(names) == 0:
			return nil, &ParameterError{name, "unknown; none is taken here"}
		case !slices.Contains(names, name):
			return nil, &ParameterError{name, "unknown; there are " + strings.Join(names, ", ")}
		case len(values[name]) > 1:
			return nil, &ParameterError{name, "given more than once"}
		}
	}
	return values, nil
}

// parseQuery reads the raw query of a list.
func parseQuery(raw string, now time.Time) (Query, error) {
	v, err := parameters(raw, queryNames...)
	if err != nil {
		return Query{}, err
	}
	return NewQuery(v, now)
}

// NewQuery reads parameters as people write them, ages before now among them.
// An empty one is as good as none, for a form sends those too. It fails with a
// *ParameterError.
func NewQuery(v url.Values, now time.Time) (q Query, err error) {
	q = Query{
		Webhook: v.Get("webhook"), State: event.State(v.Get("state")), Type: v.Get("type"),
		Class: event.Class(v.Get("class")), Limit: defaultLimit, Cursor: v.Get("cursor"),
	}
	if err := oneOf("state", q.State, states); err != nil {
		return Query{}, err
	}
	if err := oneOf("class", q.Class, classes); err != nil {
		return Query{}, err
	}
	if q.Since, err = since(v.Get("since"), now); err != nil {
		return Query{}, err
	}
	if l := v.Get("limit"); l != "" {
		q.Limit, err = strconv.Atoi(l)
		if err != nil || q.Limit < 1 || q.Limit > MaxLimit {
			return Query{}, &ParameterError{"limit", fmt.Sprintf("a number from 1 to %d is wanted", MaxLimit)}
		}
	}
	return q, nil
}

func oneOf[T ~string](name string, value T, all []T) error {
	if value == "" || slices.Contains(all, value) {
		return nil
	}
	return &ParameterError{name, "one of " + strings.Join(texts(all), ", ") + " is wanted"}
}

// since is a time, or how long before now.
func since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, &ParameterError{"since", "a time such as 2026-01-31T12:00:00Z or an age such as 90m is wanted"}
}

// values is the query as parameters: what parseQuery reads back.
func (q Query) values() url.Values {
	v := make(url.Values)
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("webhook", q.Webhook)
	set("state", string(q.State))
	set("type", q.Type)
	set("class", string(q.Class))
	set("cursor", q.Cursor)
	if !q.Since.IsZero() {
		set("since", q.Since.Format(time.RFC3339Nano))
	}
	if q.Limit != 0 {
		set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// States are all that a delivery can be in, as people see it.
func States() []string { return texts(states) }

// Classes are all that an attempt can end in.
func Classes() []string { return texts(classes) }

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return out
}
