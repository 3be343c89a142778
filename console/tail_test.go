package console

import (
	"math"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
)

func TestATailHasWhatWasAskedFor(t *testing.T) {
	agent := busyAgent()
	agent.tail = Tail{Next: 12, Missed: 3, Attempts: []Ended{
		{Delivery: "a", Webhook: "crm", State: event.Delivered},
		{Delivery: "b", Webhook: "crm", State: event.Failed},
		{Delivery: "c", Webhook: "chat", State: event.Failed},
	}}
	c := NewClient(Dial{Address: serve(t, Options{Agent: agent})})
	for _, tt := range []struct {
		sight Sight
		want  string
	}{
		{Sight{From: 9}, "abc"},
		{Sight{From: 9, Webhook: "crm"}, "ab"},
		{Sight{From: 9, State: event.Failed}, "bc"},
		{Sight{From: 9, Webhook: "crm", State: event.Failed}, "b"},
		{Sight{From: 9, Webhook: "nobody"}, ""},
	} {
		got, err := c.Attempts(t.Context(), tt.sight)
		if err != nil {
			t.Fatal(err)
		}
		ids := ""
		for _, e := range got.Attempts {
			ids += e.Delivery
		}
		if ids != tt.want || got.Next != 12 || got.Missed != 3 || agent.from != tt.sight.From || got.Attempts == nil {
			t.Errorf("%+v: %+v from %d", tt.sight, got, agent.from)
		}
		back, err := NewSight(tt.sight.values())
		if diff := cmp.Diff(tt.sight, back); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	if _, err := c.Attempts(t.Context(), Sight{}); err != nil || agent.from != math.MaxUint64 {
		t.Errorf("from now on: %v, from %d", err, agent.from)
	}
	for _, bad := range []url.Values{{"from": {"-1"}}, {"from": {"x"}}, {"state": {"held"}}} {
		if _, err := NewSight(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
