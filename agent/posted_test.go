package agent_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
)

// deliveriesOf lists what an event owes.
func (w *world) deliveriesOf(event string) (all []console.Delivery) {
	w.t.Helper()
	w.eachDelivery(func(d *console.Delivery) {
		if d.EventID == event {
			all = append(all, *d)
		}
	})
	return all
}

// An event that is posted again owes nothing more: at once, by many, and after a
// restart. Another one under its id is refused.
func TestAnEventThatIsPostedAgain(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	const same, other = `{"id": "e1", "type": "t", "data": {"n": 1}}`, `{"id": "e1", "type": "t", "data": {"n": 2}}`
	const many = 10
	got := make(chan int, many)
	var posting sync.WaitGroup
	for range many {
		posting.Go(func() {
			resp, err := http.Post("http://"+w.where.Events[0]+"/v1/events", "application/json", strings.NewReader(same))
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			got <- resp.StatusCode
		})
	}
	posting.Wait()
	close(got)
	answers := map[int]int{}
	for status := range got {
		answers[status]++
	}
	if answers[http.StatusAccepted] != 1 || answers[http.StatusOK] != many-1 {
		t.Errorf("many at once are answered %v", answers)
	}
	again := func(when string) {
		t.Helper()
		for text, want := range map[string]int{same: http.StatusOK, other: http.StatusConflict} {
			if status := w.post(text); status != want {
				t.Errorf("%s, %s: %d, want %d", when, text, status, want)
			}
		}
		if n := len(w.deliveriesOf("e1")); n != 1 {
			t.Errorf("%s: %d deliveries", when, n)
		}
	}
	again("later")
	w.hook.next(t)
	w.halt()
	w.start()
	again("after a restart")
	w.until("all to go out", func() bool { return w.status().Queue.Waiting() == 0 })
	w.halt()
	if n := len(w.hook.got); n != 0 {
		t.Errorf("%d further requests", n)
	}
}

// A client that is gone before the answer does not know whether its event was
// accepted. It posts it again under the same id, and the event arrives once.
func TestAClientThatIsGoneBeforeTheAnswer(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	const clients = 20
	for i := range clients {
		body := fmt.Sprintf(`{"id": "e%d", "type": "t", "data": {}}`, i)
		c, err := net.Dial("tcp", w.where.Events[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(c, "POST /v1/events HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", w.where.Events[0], len(body), body); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			_ = c.(*net.TCPConn).SetLinger(0) // it does not even say farewell
		}
		_ = c.Close()
		if status := w.post(body); status != http.StatusAccepted && status != http.StatusOK {
			t.Errorf("posted again: %d", status)
		}
	}
	w.until("all to go out", func() bool { return w.status().Queue.Waiting() == 0 })
	w.halt()
	close(w.hook.got)
	arrived := map[string]int{}
	for r := range w.hook.got {
		arrived[r.header.Get("Webhook-Id")]++
	}
	for id, n := range arrived {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	if len(arrived) != clients {
		t.Errorf("%d of %d events arrived", len(arrived), clients)
	}
}

// What events say, in their type, source and values, is data to whoever reads it.
func TestWhatEventsSayIsInert(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
	w.write("crm.hcl", hook)
	w.write("erp.hcl", "webhook \"erp\" {\n  url = \"$URL/erp\"\n  events = [\"*\"]\n  payload = { n = expr(\"int(v)\") }\n}\n")
	w.start()
	for i, typ := range []string{"\u202eevil\u202c", "<script>alert(1)</script>", "=cmd()|x", `","level":"error","x":"`, "${env(\"KEY\")}", "a\u2028b", "\ufeffx", "%0d%0aX-Evil: 1", "Zoë ✓"} {
		value := typ + "\x1b[31m\x1b]0;t\x07\r\n\u009b2J\x00"
		text, err := json.Marshal(map[string]any{"id": fmt.Sprint("e", i), "type": typ, "source": typ, "data": map[string]string{"v": value, value: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		if status := w.post(string(text)); status != http.StatusAccepted {
			t.Fatalf("%q: %d", typ, status)
		}
		got := w.hook.next(t)
		if strings.ContainsFunc(got.header.Get("Webhook-Event"), func(r rune) bool { return r >= 0x7f }) || len(got.header["X-Evil"]) > 0 {
			t.Errorf("%q: sent with %q", typ, got.header)
		}
		w.until("the failed mapping", func() bool {
			for _, d := range w.deliveriesOf(fmt.Sprint("e", i)) {
				if d.Type != typ {
					t.Errorf("%q is shown as %q", typ, d.Type)
				}
				if d.Webhook == "erp" && d.State == "failed" {
					return *d.Class == "mapping"
				}
			}
			return false
		})
	}
	w.halt()
	for line := range strings.Lines(w.log.String()) {
		line = strings.TrimSuffix(line, "\n")
		if !json.Valid([]byte(line)) || inert.Text(line) != line {
			t.Errorf("logged: %q", line)
		}
	}
}

// Whatever the time zone of the machine: what is written, sent and shown is UTC,
// and says so.
func TestTheZoneOfTheMachineDoesNotShow(t *testing.T) {
	const zone = "America/St_Johns" // half an hour off all others, and with summer time
	if _, err := time.LoadLocation(zone); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) })
	w.write("crm.hcl", hook)
	t.Setenv("TZ", zone)
	w.mustEnter(startLife(t, w, nil, nil))
	before := time.Now().UTC().Truncate(time.Second)
	w.post(`{"id": "e1", "type": "t", "data": {}}`)
	var sent struct{ Timestamp time.Time }
	if err := json.Unmarshal(w.hook.next(t).body, &sent); err != nil || sent.Timestamp.Location() != time.UTC || sent.Timestamp.Before(before) {
		t.Errorf("sent: %v, error %v", sent, err)
	}
	var shown console.Delivery
	w.until("the failure", func() bool {
		shown = w.deliveriesOf("e1")[0]
		return shown.NextAttemptAt != nil && shown.Class != nil
	})
	_, one := w.ask("GET", "/api/v1/deliveries/"+shown.ID, "", &shown)
	_, status := w.ask("GET", "/api/v1/status", "", nil)
	for name, at := range map[string]time.Time{"created": shown.CreatedAt, "next": *shown.NextAttemptAt, "attempt": shown.Attempts[0].At} {
		if at.Location() != time.UTC || at.Before(before) || at.After(before.Add(patience)) {
			t.Errorf("%s at %v in %s", name, at, one)
		}
	}
	_, page := w.ask("GET", "/deliveries/"+shown.ID, "", nil)
	if !strings.Contains(page, "UTC") || !strings.Contains(page, before.Format("2006-01-02")) {
		t.Error("the page does not name its zone")
	}
	if log := w.log.String(); log == "" || strings.Contains(log+one+status+page, "-02:30") || strings.Contains(log+one+status+page, "-03:30") {
		t.Errorf("the zone of the machine shows:\n%s\n%s\n%s", log, one, status)
	}
}
