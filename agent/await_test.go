package agent_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// waited is the answer to one event whose sender waits.
type waited struct {
	ID         string
	Deliveries int
	Duplicate  bool
	Outcomes   []outcome
}

type outcome struct {
	Webhook, State string
	Class, Error   *string
	Status         *int
}

func (o outcome) String() string {
	text := o.Webhook + " " + o.State
	if o.Class != nil {
		text += " " + *o.Class
	}
	if o.Status != nil {
		text += fmt.Sprint(" ", *o.Status)
	}
	if o.Error != nil {
		text += ": " + *o.Error
	}
	return text
}

// postAndWait posts to the door and reads the answer into out.
func (w *world) postAndWait(wait, body string, out any) (status int) {
	w.t.Helper()
	client := &http.Client{Timeout: 20 * time.Second} // a wait that only its time ends is too long
	r, err := client.Post("http://"+w.where.Events[0]+"/v1/events?wait="+wait, "application/json", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(out); err != nil {
		w.t.Fatal(err)
	}
	return r.StatusCode
}

func texts(all []outcome) []string {
	out := []string{}
	for _, o := range all {
		out = append(out, o.String())
	}
	return out
}

const severalHooks = `
webhook "crm" {
  url    = "$URL/crm"
  events = ["*"]
}
webhook "billing" {
  url    = "$URL/billing"
  events = ["a.*"]
  retry { permanent = [422] }
}
webhook "paused" {
  url    = "$URL/paused"
  events = ["a.paused"]
  active = false
}
webhook "skipped" {
  url         = "$URL/skipped"
  events      = ["a.paused"]
  active      = false
  on_inactive = "skip"
}
webhook "choosy" {
  url    = "$URL/choosy"
  events = ["a.paused"]
  filter = expr("n > 1")
}
`

func TestASenderWaitsForTheOutcome(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/billing" {
			rw.WriteHeader(http.StatusUnprocessableEntity)
		}
	})
	w.write("hooks.hcl", severalHooks)
	w.start()
	const refused = "billing failed status 422: the receiver answered 422 Unprocessable Entity"

	var one waited
	status := w.postAndWait("30s", `{"type":"a.b","id":"one","data":{}}`, &one)
	if diff := cmp.Diff([]string{refused, "crm delivered ok 200"}, texts(one.Outcomes)); diff != "" || status != 202 || one.ID != "one" || one.Deliveries != 2 {
		t.Errorf("%d %+v %s", status, one, diff)
	}

	// A repeat gets the outcomes of the first.
	var again waited
	status = w.postAndWait("30s", `{"type":"a.b","id":"one","data":{}}`, &again)
	if diff := cmp.Diff(texts(one.Outcomes), texts(again.Outcomes)); diff != "" || status != 200 || !again.Duplicate {
		t.Errorf("%d %+v %s", status, again, diff)
	}

	// What can't end is not waited for.
	var paused waited
	w.postAndWait("30s", `{"type":"a.paused","data":{"n":null}}`, &paused)
	want := []string{refused, "choosy failed filter: ", "crm delivered ok 200", "paused held", "skipped skipped"}
	got := texts(paused.Outcomes)
	for i := range got {
		if strings.HasPrefix(got[i], want[1]) {
			got[i] = want[1]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || paused.Deliveries != 4 {
		t.Errorf("%d deliveries\n%s", paused.Deliveries, diff)
	}

	// A batch waits for all of its events.
	var batch []waited
	status = w.postAndWait("30s", `[{"type":"a.b","data":{}},{"type":"other","data":{}},{"type":"a.b","id":"one","data":{}}]`, &batch)
	var all [][]string
	for _, b := range batch {
		all = append(all, texts(b.Outcomes))
	}
	if diff := cmp.Diff([][]string{{refused, "crm delivered ok 200"}, {"crm delivered ok 200"}, {refused, "crm delivered ok 200"}}, all); diff != "" || status != 202 {
		t.Errorf("%d %s", status, diff)
	}
}

func TestAnEventThatNobodySubscribesToHasNoOutcomes(t *testing.T) {
	w := newWorld(t, nil)
	w.start()
	var got map[string]json.RawMessage
	if status := w.postAndWait("30s", `{"type":"a","data":{}}`, &got); status != 202 || string(got["outcomes"]) != "[]" {
		t.Errorf("%d %s", status, got)
	}
}

// TestAWaitEnds at its time, when the receiver wants nothing more, and when the
// agent stops: the event is on disk all along.
func TestAWaitEnds(t *testing.T) {
	let := make(chan struct{})
	w := newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/gone":
			rw.WriteHeader(http.StatusGone)
		case "/crm":
			<-let
		}
	})
	defer close(let)
	w.write("hooks.hcl", strings.Replace(hook, `"*"`, `"a"`, 1)+`
webhook "gone" {
  url         = "$URL/gone"
  events      = ["last"]
  concurrency = 1
}
`)
	w.start()
	var got waited
	if status := w.postAndWait("50ms", `{"type":"a","data":{}}`, &got); status != 202 {
		t.Errorf("status %d", status)
	}
	if diff := cmp.Diff([]string{"crm pending"}, texts(got.Outcomes)); diff != "" {
		t.Error(diff)
	}

	var batch []waited
	w.postAndWait("30s", `[{"type":"last","data":{}},{"type":"last","data":{}}]`, &batch)
	suspended := "gone failed gone 410: the receiver answered 410 Gone"
	if diff := cmp.Diff([][]string{{suspended}, {"gone held"}}, [][]string{texts(batch[0].Outcomes), texts(batch[1].Outcomes)}); diff != "" {
		t.Error(diff)
	}

	answered := make(chan waited)
	go func() {
		var late waited
		w.postAndWait("30s", `{"type":"a","data":{}}`, &late)
		answered <- late
	}()
	for range 3 {
		w.hook.next(t)
	}
	w.stop()
	if diff := cmp.Diff([]string{"crm pending"}, texts((<-answered).Outcomes)); diff != "" {
		t.Error(diff)
	}
}

// TestWhatWaitsForAReplayIsNotWaitedFor whether the failed one was there before,
// came along, or fails while somebody waits for another event.
func TestWhatWaitsForAReplayIsNotWaitedFor(t *testing.T) {
	let := make(chan struct{})
	w := newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
		if strings.HasPrefix(q.Header.Get("webhook-id"), "late") {
			<-let
		}
		rw.WriteHeader(http.StatusBadRequest)
	})
	w.write("hooks.hcl", `
webhook "crm" {
  url              = "$URL/crm"
  events           = ["*"]
  order_by         = expr("key")
  on_order_failure = "hold"
  retry { permanent = [400] }
}
`)
	w.start()
	const refused, behind = "crm failed status 400: the receiver answered 400 Bad Request", "crm pending"

	var batch []waited
	w.postAndWait("30s", `[{"type":"a","data":{"key":"k"}},{"type":"a","data":{"key":"k"}}]`, &batch)
	if diff := cmp.Diff([][]string{{refused}, {behind}}, [][]string{texts(batch[0].Outcomes), texts(batch[1].Outcomes)}); diff != "" {
		t.Error(diff)
	}
	var after waited
	w.postAndWait("30s", `{"type":"a","data":{"key":"k"}}`, &after)
	if diff := cmp.Diff([]string{behind}, texts(after.Outcomes)); diff != "" {
		t.Error(diff)
	}

	w.post(`{"type":"a","id":"late","data":{"key":"other"}}`)
	for range 2 { // the first of the batch, and this
		w.hook.next(t)
	}
	answered := make(chan waited)
	go func() {
		var meanwhile waited
		w.postAndWait("30s", `{"type":"a","id":"behind","data":{"key":"other"}}`, &meanwhile)
		answered <- meanwhile
	}()
	w.until("the second of the row to be known", func() bool {
		status, _ := w.ask("GET", "/api/v1/events/behind", "", nil)
		return status == http.StatusOK
	})
	close(let)
	if diff := cmp.Diff([]string{behind}, texts((<-answered).Outcomes)); diff != "" {
		t.Error(diff)
	}
}
