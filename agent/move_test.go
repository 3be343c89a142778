package agent_test

import (
	"net/http"
	"testing"

	"github.com/posternhq/postern/console"
)

const oldName = `
webhook "old" {
  url    = "$URL/"
  events = ["contact.subscribed"]
  active = false
}
`

const newName = `
webhook "new" {
  url    = "$URL/"
  events = ["contact.subscribed"]
}
`

func TestWhatWaitsForARenamedWebhookArrivesAtTheNewOne(t *testing.T) {
	w := newWorld(t, nil)
	w.write("hook.hcl", oldName)
	w.start()
	for _, id := range []string{"e1", "e2"} {
		if status := w.post(`{"id": "` + id + `", "type": "contact.subscribed", "data": {}}`); status != http.StatusAccepted {
			t.Fatalf("status %d", status)
		}
	}
	var before struct{ Deliveries []console.Delivery }
	w.ask("GET", "/api/v1/deliveries?webhook=old", "", &before)

	w.write("hook.hcl", newName)
	w.until("the reload", func() bool {
		var h console.Webhook
		status, _ := w.ask("GET", "/api/v1/webhooks/new", "", &h)
		return status == http.StatusOK
	})
	var got console.Moved
	status, text := w.ask("POST", "/api/v1/webhooks/old/move", `{"to": "new"}`, &got)
	if status != http.StatusOK || got != (console.Moved{Moved: 2}) {
		t.Fatalf("%d %s", status, text)
	}
	for range 2 {
		w.hook.next(t)
	}
	for _, d := range before.Deliveries {
		w.until("delivered under the same id", func() bool {
			var now console.Delivery
			w.ask("GET", "/api/v1/deliveries/"+d.ID, "", &now)
			return now.State == "delivered" && now.Webhook == "new" && now.EventID == d.EventID
		})
	}
}

func TestOnlyFromAWebhookThatIsGoneToOneThatIsThere(t *testing.T) {
	w := newWorld(t, nil)
	w.write("hook.hcl", oldName+newName)
	w.start()
	for path, want := range map[string]struct {
		to     string
		status int
		kind   string
	}{
		"old":  {"new", http.StatusConflict, "urn:postern:problem:declared"},
		"new":  {"new", http.StatusConflict, "urn:postern:problem:declared"},
		"gone": {"gone", http.StatusConflict, "urn:postern:problem:undeclared"},
		"nix":  {"new", http.StatusNotFound, "urn:postern:problem:no_webhook"},
	} {
		var p struct{ Type string }
		status, text := w.ask("POST", "/api/v1/webhooks/"+path+"/move", `{"to": "`+want.to+`"}`, &p)
		if status != want.status || p.Type != want.kind {
			t.Errorf("%s to %s: %d %s", path, want.to, status, text)
		}
	}
}
