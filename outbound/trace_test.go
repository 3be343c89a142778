package outbound

import (
	"net/http"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

var someTrace = event.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=1"}

func TestTraceIsPassedOn(t *testing.T) {
	own := func(w *Webhook) { w.Headers = []Header{{Name: "traceparent", Value: text(t, "mine")}} }
	for name, tt := range map[string]struct {
		trace  event.Trace
		change func(*Webhook)
		want   http.Header
	}{
		"none":                {want: http.Header{}},
		"a parent":            {trace: event.Trace{Parent: someTrace.Parent}, want: http.Header{"Traceparent": {someTrace.Parent}}},
		"with state":          {trace: someTrace, want: http.Header{"Traceparent": {someTrace.Parent}, "Tracestate": {"a=1"}}},
		"a header of its own": {trace: event.Trace{Parent: someTrace.Parent}, change: own, want: http.Header{"Traceparent": {"mine"}}},
	} {
		w := hook(t, "w", "https://example.com/")
		if tt.change != nil {
			tt.change(w)
		}
		e := someEvent()
		e.Trace = tt.trace
		r, err := Compose(plan(w), w, e, time.Now(), "test")
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []string{"Traceparent", "Tracestate"} {
			if got := r.Header.Get(h); got != tt.want.Get(h) {
				t.Errorf("%s: %s %q, want %q", name, h, got, tt.want.Get(h))
			}
		}
	}
}

func TestTheLogNamesTheTrace(t *testing.T) {
	d, delivered := someDelivery("w"), &queue.Outcome{State: event.Delivered, Class: event.OK}
	r := reportOf(d, delivered, time.Now())
	for _, f := range r.fields(nil) {
		if f.Key == "trace_id" {
			t.Errorf("the trace of an event without one: %s", f.String)
		}
	}
	d.Event.Trace = someTrace
	r = reportOf(d, delivered, time.Now())
	var got string
	for _, f := range r.fields(nil) {
		if f.Key == "trace_id" {
			got = f.String
		}
	}
	if got != someTrace.ID() {
		t.Errorf("trace_id %q", got)
	}
}
