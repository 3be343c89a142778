package outbound

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/posternhq/postern/event"
)

// A verdict is what an attempt means for its delivery.
type verdict int

const (
	again verdict = iota // by the schedule
	delivered
	lost // for good
	gone // for good, and the webhook is suspended
)

// judge reads the status of an answer.
func judge(status int, permanent []int) (event.Class, verdict) {
	class, v := event.Status, again
	switch {
	case status >= 200 && status <= 299:
		return event.OK, delivered
	case status == http.StatusGone:
		return event.Gone, gone
	case status >= 300 && status <= 399:
		class = event.Redirect
	}
	if slices.Contains(permanent, status) {
		v = lost
	}
	return class, v
}

// statusText says a status in our words: the receiver's own are not repeated.
func statusText(status int, location string) string {
	text := fmt.Sprintf("the receiver answered %d", status)
	if known := http.StatusText(status); known != "" {
		text += " " + known
	}
	if status < 300 || status > 399 {
		return text
	}
	text += ": redirects are not followed"
	if to, err := url.Parse(location); err == nil && to.Host != "" {
		text += fmt.Sprintf("; it points to %s://%s%s", to.Scheme, to.Host, to.EscapedPath())
	}
	return text
}
