package inbound

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

// awaiting answers with one outcome an event: pending once ctx is done, and
// delivered when ended is closed before.
func awaiting(ended <-chan struct{}, begun chan<- struct{}) func(context.Context, []string) [][]Outcome {
	return func(ctx context.Context, ids []string) [][]Outcome {
		if begun != nil && ctx.Err() == nil {
			begun <- struct{}{}
		}
		class, status := event.OK, 200
		o := Outcome{Webhook: "crm", State: event.Delivered, Class: &class, Status: &status}
		select {
		case <-ended:
		case <-ctx.Done():
			o = Outcome{Webhook: "crm", State: event.Pending}
		}
		all := make([][]Outcome, len(ids))
		for i := range ids {
			all[i] = []Outcome{o}
		}
		return all
	}
}

func TestWait(t *testing.T) {
	ended := make(chan struct{})
	close(ended)
	url := doorAt(t, Options{Accepter: new(memory), Await: awaiting(ended, nil)})
	const delivered = `"outcomes":[{"webhook":"crm","state":"delivered","class":"ok","status":200,"error":null}]`
	one := `{"type":"a","id":"one","data":{}}`
	for _, tt := range []struct{ query, media, body, want string }{
		{"?wait=3s", "application/json", one, `{"id":"one","deliveries":2,` + delivered + "}\n"},
		{"?wait=30s", "application/json", one, `{"id":"one","duplicate":true,` + delivered + "}\n"},
		{"?wait=500ms&x=y", ndjson, one + "\n" + `{"type":"a","id":"two","data":{}}`,
			`[{"id":"one","duplicate":true,` + delivered + `},{"id":"two","deliveries":2,` + delivered + "}]\n"},
		{"?x=wait", "application/json", one, `{"id":"one","duplicate":true}` + "\n"},
	} {
		a := post(t, url+"/v1/events"+tt.query, []byte(tt.body), "Content-Type", tt.media)
		if a.status/100 != 2 || string(a.body) != tt.want {
			t.Errorf("%s: %d %s", tt.query, a.status, a.body)
		}
	}
	if a := post(t, url+"/v1/events/a?wait=1s", []byte("{}")); a.status != 202 || !strings.Contains(string(a.body), delivered) {
		t.Errorf("data alone: %d %s", a.status, a.body)
	}
	if a := post(t, doorAt(t, Options{Accepter: new(memory)})+"/v1/events?wait=1s", []byte(one)); a.status != 202 || strings.Contains(string(a.body), "outcomes") {
		t.Errorf("nobody knows outcomes: %d %s", a.status, a.body)
	}
}

func TestBadWaits(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m, Await: awaiting(nil, nil)})
	for _, query := range []string{"wait=", "wait=3", "wait=31s", "wait=-1s", "wait=3s&wait=3s", "wait=1h", "wait=true", "wait"} {
		a := post(t, url+"/v1/events?"+query, []byte(`{"type":"a","data":{}}`))
		if p := a.problem(t); a.status != 422 || p.Type != "urn:postern:problem:bad_wait" || !strings.Contains(p.Detail, "at most 30s") {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if len(m.taken()) > 0 {
		t.Error("something was taken")
	}
}

// TestAWaitHoldsNoPlace: while as many wait as may, others come in, a body's room
// is given back, and further ones that would wait are answered at once.
func TestAWaitHoldsNoPlace(t *testing.T) {
	ended, begun := make(chan struct{}), make(chan struct{})
	s := &Server{Options: Options{Accepter: new(memory), Await: awaiting(ended, begun), Waiters: 1, Requests: 1, Patience: time.Millisecond}}
	serve := func(url string, body []byte) string {
		q := httptest.NewRequest("POST", url, bytes.NewReader(body))
		q.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, q)
		return w.Body.String()
	}
	first := make(chan string)
	go func() { first <- serve("/v1/events?wait=30s", []byte(ofSize(maxEventBytes))) }()
	<-begun
	if !s.room.TryAcquire(roomForBodies) {
		t.Error("the body of a request that waits takes room")
	}
	s.room.Release(roomForBodies)
	if got := serve("/v1/events", []byte(`{"type":"a","id":"x","data":{}}`)); got != `{"id":"x","deliveries":2}`+"\n" {
		t.Errorf("without a wait: %s", got)
	}
	if got := serve("/v1/events?wait=30s", []byte(`{"type":"a","id":"y","data":{}}`)); !strings.Contains(got, `"state":"pending"`) {
		t.Errorf("one too many: %s", got)
	}
	close(ended)
	if got := <-first; !strings.Contains(got, `"state":"delivered"`) {
		t.Errorf("the first: %s", got)
	}
	if len(s.waits) > 0 {
		t.Error("a place was not given back")
	}
}

func TestAClientThatIsGoneWaitsNoMore(t *testing.T) {
	begun := make(chan struct{})
	s := &Server{Options: Options{Accepter: new(memory), Await: awaiting(nil, begun)}}
	ctx, gone := context.WithCancel(t.Context())
	q := httptest.NewRequestWithContext(ctx, "POST", "/v1/events?wait=30s", strings.NewReader(`{"type":"a","data":{}}`))
	q.Header.Set("Content-Type", "application/json")
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.ServeHTTP(httptest.NewRecorder(), q)
	}()
	<-begun
	gone()
	<-served
}

// The connection's own deadlines are shorter than some waits.
func TestALongWaitOutlastsTheDeadlines(t *testing.T) {
	begun := make(chan struct{}, 1)
	o := Options{Accepter: new(memory), Await: func(ctx context.Context, ids []string) [][]Outcome {
		begun <- struct{}{}
		<-ctx.Done()
		return [][]Outcome{{}}
	}}
	o.Limits.Request, o.Limits.Answer = 50*time.Millisecond, 100*time.Millisecond
	a := post(t, doorAt(t, o)+"/v1/events?wait=300ms", []byte(`{"type":"a","data":{}}`))
	if a.status != http.StatusAccepted || !strings.Contains(string(a.body), `"outcomes":[]`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
