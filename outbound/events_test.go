package outbound

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

const awkward = `{"contact": {"tags": ["a"]}, "count": 7, "zero": 0, "half": 0.5, "huge": 1e300, "text": "(", "pattern": "("}`

// outcomes are what comes of expressions on an awkward event: a value, or a
// sentence.
var outcomes = map[string]struct{ value, says string }{
	`contact.nothing.at.all`:                 {value: `null`},
	`contact.tags[99]`:                       {value: `null`},
	`contact.tags[99].name ?? "none"`:        {value: `"none"`},
	`count % zero`:                           {says: "division by zero, at % (character 7)"},
	`count / zero`:                           {says: "division by zero, at / (character 7)"},
	`count % int(half)`:                      {says: "division by zero, at % (character 7)"},
	`huge * huge`:                            {says: "the result is too large a number, at * (character 6)"},
	`text matches pattern`:                   {says: "the pattern is not a valid one, at matches (character 6)"},
	`text + contact`:                         {says: "text and an object can't be added, at + (character 6)"},
	`map(1..100000, repeat(text, 99999))[0]`: {says: "it makes more than 8 MiB of values, at repeat (character 16)"},
}

// What a mapping can't make of an event fails once, and is left alone: no request,
// no retry, nothing that the receiver is blamed for. Its neighbours go out.
func TestAMappingThatFailsIsTriedOnce(t *testing.T) {
	for src, want := range outcomes {
		t.Run(src, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, status(http.StatusOK))
				h := wired(t, "crm", "http://crm/")
				h.Payload = mapping(t, expr.Field{Name: "v", Value: program(t, src)})
				w.run(plan(h, hook(t, "erp", "http://erp/")))
				e := *someEvent()
				e.Data = []byte(awkward)
				var ids []string
				for range 4 { // enough to open a circuit
					ids = append(ids, w.put(e, "crm")...)
					w.put(e, "erp")
				}
				w.wait(100 * time.Hour)
				for _, id := range ids {
					if want.says == "" {
						w.want(id, event.Delivered, event.OK, 1)
					} else if d := w.want(id, event.Failed, event.Mapping, 1); d.Attempts[0].Error != "payload.v: "+want.says+" in "+src {
						t.Errorf("says %q", d.Attempts[0].Error)
					}
				}
				for _, g := range w.receiver.requests() {
					if g.Host == "crm" && g.Body != `{"v":`+want.value+`}` {
						t.Errorf("sent %s", g.Body)
					}
				}
				if n := len(w.receiver.at("erp")); n != 4 {
					t.Errorf("%d of 4 went to the other webhook", n)
				}
				if s := w.lanes.Standing("crm").State; s != Active {
					t.Errorf("stands as %s", s)
				}
			})
		})
	}
}

// A payload that comes out empty is sent as such.
func TestAPayloadThatComesOutEmpty(t *testing.T) {
	for way, want := range map[string]struct {
		change func(*Webhook)
		media  string
		body   string
		target string
	}{
		"JSON": {func(*Webhook) {}, "application/json", `{}`, "/"},
		"form": {func(w *Webhook) { w.Encoding = Form }, "application/x-www-form-urlencoded", "", "/"},
		"GET":  {func(w *Webhook) { w.Method = http.MethodGet }, "", "", "/"},
	} {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, status(http.StatusOK))
				h := hook(t, "crm", "http://crm/")
				h.Payload = mapping(t)
				want.change(h)
				w.run(plan(h))
				id := w.post("crm")[0]
				synctest.Wait()
				w.want(id, event.Delivered, event.OK, 1)
				g := w.receiver.requests()[0]
				if g.Header.Get("Content-Type") != want.media || g.Body != want.body || g.Target != want.target {
					t.Errorf("%s %s with %v: %q", g.Method, g.Target, g.Header, g.Body)
				}
			})
		})
	}
}
