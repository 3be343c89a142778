package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// Expressions name what a CloudEvent brought along: a plan has to see it too.
func TestAPlanSeesWhatACloudEventBroughtAlong(t *testing.T) {
	answers := map[string]string{
		"/api/v1/deliveries": `{"deliveries": [{"id": "1", "event_id": "ce_1", "type": "a"}], "next_cursor": null}`,
		"/api/v1/events/ce_1": `{"id": "ce_1", "type": "a", "time": null, "source": "/shop", "ce_id": "A7", "ce": {"subject": "cart"},
			"accepted_at": "2026-01-31T12:00:00Z", "data": {}, "deliveries": []}`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answers[q.URL.Path])
	}))
	defer s.Close()
	a := &api{Client: console.NewClient(console.Dial{Address: strings.TrimPrefix(s.URL, "http://")})}
	events, err := a.newest(t.Context())
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events: %v", len(events), err)
	}
	p, wrong := expr.Compile("event.ce_id + ' ' + event.ce.subject == 'A7 cart'", expr.Bool)
	if wrong != nil {
		t.Fatal(wrong)
	}
	if same, err := p.Bool(outbound.Scope(&events[0])); err != nil || !same {
		t.Errorf("%+v does not have them: %v", events[0].Cloud, err)
	}
}
