package outbound

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

// A verdict is what an attempt means for its delivery.
type verdict int

const (
	again verdict = iota // by the schedule
	delivered
	lost // for good
	gone // for good, and the webhook is suspended
)

// A Reply is an answer as far as it is judged.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte // nil where there is none, or not all of it came; over 64 KiB is as good as none
}

// judge reads an answer: by success_when, if there is one, then by its status.
// why is for people, where the status does not say all of it.
func judge(w *Webhook, r Reply) (class event.Class, v verdict, why string) {
	met, why := w.met(r)
	switch {
	case met:
		return event.OK, delivered, ""
	case isSuccess(r.Status):
		class = event.SuccessWhen
	case r.Status == http.StatusGone:
		return event.Gone, gone, why
	case r.Status >= 300 && r.Status <= 399:
		class = event.Redirect
	default:
		class = event.Status
	}
	if slices.Contains(w.Retry.Permanent, r.Status) {
		v = lost
	}
	return class, v, why
}

// met tells whether an answer is what the webhook calls a success.
func (w *Webhook) met(r Reply) (met bool, why string) {
	if w.SuccessWhen == nil {
		return isSuccess(r.Status), ""
	}
	if len(r.Body) > mostBodyRead {
		r.Body = nil
	}
	met, err := w.SuccessWhen.Met(expr.Answer{Status: r.Status, Headers: r.Header, Body: r.Body})
	switch {
	case err != nil:
		why = fmt.Sprintf("success_when fails for status %d: %v", r.Status, err)
	case !met && isSuccess(r.Status):
		why = fmt.Sprintf("success_when is false for status %d", r.Status)
	}
	return met, why
}

func isSuccess(status int) bool { return status >= 200 && status <= 299 }

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
