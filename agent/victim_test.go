package agent_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/posternhq/postern/console"
)

// A victim is an agent that is killed at one moment, and started again.
type victim struct {
	*world
	life *life

	mu       sync.Mutex
	arrivals []received
	meet     func(w http.ResponseWriter, l *life) // its next request; nil: 200
	dialled  func(l *life)                        // its next connection; nil: nothing
}

const victimHook = `
webhook "crm" {
  url    = "$URL/crm"
  events = ["contact"]
  secret = ""
  retry { schedule = ["10ms", "10ms", "10ms"] }
}
webhook "paused" {
  url    = "$URL/paused"
  events = ["order"]
  active = false
}
`

const (
	oldSecret = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQ="
	newSecret = "whsec_bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXc="
)

// newVictim starts an agent whose line is known to write nothing by itself: its
// lanes are there, its secret is stored, and nothing was delivered that would still
// be written down.
func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{world: &world{t: t, dir: t.TempDir(), conf: t.TempDir()}}
	v.hook = &receiver{Server: httptest.NewUnstartedServer(http.HandlerFunc(v.receive))}
	v.hook.Config.ConnState = v.connected
	v.hook.StartTLS()
	t.Cleanup(v.hook.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	v.write("ca.pem", pemOf(v.hook.Server))
	v.write("agent.hcl", fmt.Sprintf(base, v.dir))
	v.write("hook.hcl", strings.Replace(victimHook, `secret = ""`, "", 1))
	v.again()
	if status, text := v.ask("PUT", "/api/v1/secrets/crm", fmt.Sprintf(`{"secret": %q}`, oldSecret), nil); status != http.StatusNoContent {
		t.Fatalf("the secret is not stored: %d %s", status, text)
	}
	v.write("hook.hcl", victimHook)
	v.ask("POST", "/-/reload", "", nil)
	v.accepted("order", "first")
	return v
}

// again starts the agent, after it has ended if it did.
func (v *victim) again() {
	v.t.Helper()
	if v.life != nil {
		<-v.life.Ended
		http.DefaultClient.CloseIdleConnections()
	}
	l := startLife(v.t, v.world, nil, nil)
	v.mu.Lock()
	v.life = l
	v.mu.Unlock()
	v.mustEnter(l)
}

func (v *victim) connected(_ net.Conn, s http.ConnState) {
	v.mu.Lock()
	do, l := v.dialled, v.life
	if s == http.StateNew {
		v.dialled = nil
	}
	v.mu.Unlock()
	if s == http.StateNew && do != nil {
		do(l)
	}
}

func (v *victim) receive(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	v.mu.Lock()
	v.arrivals = append(v.arrivals, received{q.Header.Clone(), body})
	do, l := v.meet, v.life
	v.meet = nil
	v.mu.Unlock()
	if do != nil {
		do(w, l)
	}
}

func (v *victim) met(do func(w http.ResponseWriter, l *life)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.meet = do
}

// got are the requests with an event.
func (v *victim) got(id string) (of []received) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.arrivals {
		if r.header.Get("Webhook-Id") == id {
			of = append(of, r)
		}
	}
	return of
}

func (v *victim) arrives(id string) {
	v.t.Helper()
	v.until(id+" to arrive", func() bool { return len(v.got(id)) > 0 })
}

func (v *victim) waits(webhook string) int64 {
	v.t.Helper()
	var h console.Webhook
	v.ask("GET", "/api/v1/webhooks/"+webhook, "", &h)
	return h.Counts["pending"] + h.Counts["held"]
}

func eventText(typ, id string) string {
	return fmt.Sprintf(`{"id": %q, "type": %q, "data": {}}`, id, typ)
}

func (v *victim) accepted(typ, id string) {
	v.t.Helper()
	if status := v.post(eventText(typ, id)); status != http.StatusAccepted {
		v.t.Fatalf("%s: %d", id, status)
	}
}

// A request to the door, made by hand: what becomes of it is not told.
func (v *victim) tries(c net.Conn, typ, id string) (status int) {
	v.t.Helper()
	body := eventText(typ, id)
	_, err := fmt.Fprintf(c, "POST /v1/events HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", v.where.Events[0], len(body), body)
	if err != nil {
		v.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0
	}
	return resp.StatusCode
}
