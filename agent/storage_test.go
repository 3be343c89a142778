package agent_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/console"
)

const vanished = "was removed, renamed or unmounted"

func TestADataDirectoryThatVanishesIsNoticedAndComesBack(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	w.post(`{"id": "e1", "type": "t", "data": {}}`)
	w.hook.next(t)
	data := filepath.Join(w.dir, "data")
	if err := os.Rename(data, data+".away"); err != nil {
		t.Fatal(err)
	}
	w.until("not ready", func() bool {
		status, text := w.ask("GET", "/readyz", "", nil)
		return status == http.StatusServiceUnavailable && strings.Contains(text, vanished)
	})
	resp, err := http.Post("http://"+w.where.Events[0]+"/v1/events", "application/json", strings.NewReader(`{"id": "e2", "type": "t", "data": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the door answers %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	if s := w.status(); s.Queue.Trouble == nil || !strings.Contains(s.Queue.Trouble.Cause, vanished) || s.Queue.Trouble.Since.IsZero() {
		t.Errorf("the status says %+v", s.Queue.Trouble)
	}
	if status, text := w.ask("GET", "/livez", "", nil); status != http.StatusOK {
		t.Errorf("a restart would mend nothing, and /livez says %s", text)
	}
	if status, page := w.ask("GET", "/", "", nil); status != http.StatusOK || !strings.Contains(page, vanished) {
		t.Errorf("the page answers %d, and does not say what is wrong: %s", status, page)
	}
	if err := os.Rename(data+".away", data); err != nil {
		t.Fatal(err)
	}
	w.until("ready", func() bool { status, _ := w.ask("GET", "/readyz", "", nil); return status == http.StatusOK })
	if status := w.post(`{"id": "e2", "type": "t", "data": {}}`); status != http.StatusAccepted {
		t.Errorf("the door answers %d", status)
	}
	for got := w.hook.next(t); got.header.Get("webhook-id") != "e2"; got = w.hook.next(t) {
		if id := got.header.Get("webhook-id"); id != "e1" { // that it was delivered need not be on disk
			t.Errorf("delivered %s", id)
		}
	}
	w.halt()
	log := w.log.String()
	for _, once := range []string{"the storage fails; no events are accepted", "the storage is back"} {
		if n := strings.Count(log, once); n != 1 {
			t.Errorf("%q was said %d times:\n%s", once, n, log)
		}
	}
	if strings.Contains(log, "event refused") {
		t.Errorf("each refusal is an error of its own:\n%s", log)
	}
}

// An attempt that ends while the storage fails is made again when it is back: the
// line does not know how it ended.
func TestAnAttemptUnderWayInAnOutageIsMadeAgain(t *testing.T) {
	answer := make(chan struct{})
	w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) { <-answer })
	w.write("crm.hcl", strings.Replace(hook, "{", "{\n  timeout = \"1m\"", 1))
	w.start()
	w.post(`{"id": "e1", "type": "t", "data": {}}`)
	w.hook.next(t)
	data := filepath.Join(w.dir, "data")
	if err := os.Rename(data, data+".away"); err != nil {
		t.Fatal(err)
	}
	w.until("trouble", func() bool { return w.status().Queue.Trouble != nil })
	if err := os.Rename(data+".away", data); err != nil {
		t.Fatal(err)
	}
	w.until("no trouble", func() bool { return w.status().Queue.Trouble == nil })
	select {
	case <-w.hook.got:
		t.Fatal("two attempts of one delivery at once")
	default:
	}
	close(answer)
	if got := w.hook.next(t); got.header.Get("webhook-id") != "e1" {
		t.Errorf("delivered %s", got.header.Get("webhook-id"))
	}
	w.until("delivered", func() bool {
		var h console.Webhook
		w.ask("GET", "/api/v1/webhooks/crm", "", &h)
		return h.Counts["delivered"] == 1
	})
	w.halt()
}

func TestAnotherDirectoryInItsPlaceIsNotTaken(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	data := filepath.Join(w.dir, "data")
	if err := os.Rename(data, data+".away"); err != nil {
		t.Fatal(err)
	}
	held, err := agent.Lock(data)
	if err != nil {
		t.Fatal(err)
	}
	w.until("trouble", func() bool {
		trouble := w.status().Queue.Trouble
		return trouble != nil && strings.Contains(trouble.Cause, "another directory")
	})
	if status, text := w.ask("PUT", "/api/v1/secrets/crm", `{"secret": "a secret that is long enough"}`, nil); status != http.StatusServiceUnavailable {
		t.Errorf("a secret was stored: %d %s", status, text)
	}
	w.write("crm.hcl", strings.Replace(hook, "{", "{\n  timeout = \"9s\"", 1))
	w.until("the reload", func() bool { return w.status().Config.Generation == 2 })
	if names, err := os.ReadDir(data); err != nil || len(names) != 1 {
		t.Errorf("something was written into it: %v, %v", names, err)
	}
	if err := errors.Join(held.Close(), os.RemoveAll(data), os.Rename(data+".away", data)); err != nil {
		t.Fatal(err)
	}
	w.until("no trouble", func() bool { return w.status().Queue.Trouble == nil })
	w.halt()
}
