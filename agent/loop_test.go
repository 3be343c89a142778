package agent_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/posternhq/postern/console"
)

// The agent sends nothing to its own doors, however they are spelt and whatever
// range is open: not at the first try, not at a retry, not at a replay, and not
// after a reload.
func TestNoWebhookReachesOurOwnDoors(t *testing.T) {
	w := newWorld(t, nil)
	socket := w.dir + "/s.sock"
	w.write("agent.hcl", strings.NewReplacer(
		`allow   = ["127.0.0.1"]`, `allow = ["127.0.0.0/8", "::/0", "127.0.0.1"]`+"\n  allow_http = [\"127.0.0.0/8\", \"::/0\"]",
		"console {", fmt.Sprintf("listen \"unix\" { path = %q }\nconsole {", socket)).Replace(fmt.Sprintf(base, w.dir)))
	w.start()
	var hooks strings.Builder
	var names []string
	for what, address := range map[string]string{"door": w.where.Events[0], "console": w.where.Console} {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		for i, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"} {
			name := fmt.Sprintf("%s%d", what, i)
			names = append(names, name)
			path := map[string]string{"door": "/v1/events", "console": "/-/reload"}[what]
			fmt.Fprintf(&hooks, "webhook %q {\n  url = \"http://%s:%s%s\"\n  events = [\"loop\"]\n  retry { schedule = [\"1ms\", \"1ms\"] }\n}\n", name, host, port, path)
		}
	}
	w.write("hooks.hcl", hooks.String())
	w.until("the webhooks", func() bool { return w.status().Config.Generation == 2 })
	before := w.status()
	if code := w.post(`{"id": "e1", "type": "loop", "data": {}}`); code != http.StatusAccepted {
		t.Fatal(code)
	}
	failed := func(attempts int) []console.Delivery {
		var list struct {
			Deliveries []console.Delivery `json:"deliveries"`
		}
		w.until("the failures", func() bool {
			w.ask("GET", "/api/v1/deliveries?state=failed", "", &list)
			for _, d := range list.Deliveries {
				if len(whole(w, d.ID).Attempts) < attempts {
					return false
				}
			}
			return len(list.Deliveries) == len(names)
		})
		return list.Deliveries
	}
	for _, d := range failed(3) {
		if code, text := w.ask("POST", "/api/v1/deliveries/"+d.ID+"/replay", "", nil); code != http.StatusAccepted {
			t.Fatalf("replay: %d %s", code, text)
		}
	}
	for _, d := range failed(6) {
		for _, a := range whole(w, d.ID).Attempts {
			if a.Class != "blocked_address" || a.Error == nil || !strings.Contains(*a.Error, "Postern's own doors") {
				t.Errorf("%s, attempt %d: %s, %v", d.Webhook, a.Number, a.Class, a.Error)
			}
		}
	}
	if now := w.status(); now.Config.Generation != before.Config.Generation {
		t.Errorf("generation %d: a webhook has reloaded the configuration", now.Config.Generation)
	}
	w.halt()
}

func whole(w *world, id string) (d console.Delivery) {
	w.ask("GET", "/api/v1/deliveries/"+id, "", &d)
	return d
}

// No path of the doors takes an address from a caller and goes there: what would
// happen is told without doing it.
func TestNobodySendsToAnAddressOfTheCallers(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	w.post(`{"id": "e1", "type": "t", "data": {}}`)
	w.hook.next(t)
	canary, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for c, err := canary.Accept(); err == nil; c, err = canary.Accept() {
			heard.Add(1)
			c.Close()
		}
	}()
	url := "http://" + canary.Addr().String() + "/"
	body := fmt.Sprintf(`{"url": %q, "target": %[1]q, "webhook": "crm"}`, url)
	for _, path := range []string{"/api/v1/test", "/api/v1/preview", "/api/v1/webhooks", "/api/v1/webhooks/crm", "/api/v1/webhooks/crm/test", "/api/v1/webhooks/crm/preview", "/api/v1/webhooks/crm/resume?url=" + url, "/api/v1/events/e1/explain", "/api/v1/plan"} {
		for _, method := range []string{"POST", "PUT", "PATCH"} {
			code, text := w.ask(method, path, body, nil)
			if code < 400 && !strings.Contains(path, "resume") || strings.Contains(text, canary.Addr().String()) {
				t.Errorf("%s %s: %d %s", method, path, code, text)
			}
		}
	}
	if code, _ := w.ask("GET", "/api/v1/events/e1/explain", "", nil); code != http.StatusOK {
		t.Errorf("explain: %d", code)
	}
	w.halt()
	canary.Close()
	<-done
	if heard.Load() > 0 || len(w.hook.got) > 0 {
		t.Errorf("the canary heard of %d connections, the receiver of %d requests more", heard.Load(), len(w.hook.got))
	}
}
