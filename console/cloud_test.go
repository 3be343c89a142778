package console

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/posternhq/postern/event"
)

func TestACloudEventIsToldOfAsOne(t *testing.T) {
	e := event.Event{
		ID: "ce_1", Type: "t", Data: []byte("{}"),
		Cloud: &event.Cloud{ID: "A-1", Attributes: []byte(`{"subject":"s","n":7}`)},
		Trace: event.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
	}
	b, err := json.Marshal(eventWith(e, nil))
	if err != nil {
		t.Fatal(err)
	}
	const want = `"ce_id":"A-1","ce":{"subject":"s","n":7},"trace_id":"0af7651916cd43dd8448eb211c80319c"`
	if !strings.Contains(string(b), want) {
		t.Errorf("%s has no %s", b, want)
	}
	e.Cloud, e.Trace = nil, event.Trace{}
	if b, err = json.Marshal(eventWith(e, nil)); err != nil || strings.Contains(string(b), `"ce"`) || strings.Contains(string(b), "ce_id") || strings.Contains(string(b), "trace") {
		t.Errorf("no CloudEvent, no trace: %s, %v", b, err)
	}
}
