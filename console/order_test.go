package console

import (
	"encoding/json"
	"testing"

	"github.com/posternhq/postern/event"
)

// What waits for another says so; of all others nothing is said of order.
func TestADeliveryTellsWhatItWaitsFor(t *testing.T) {
	for _, tt := range []struct {
		d    event.Delivery
		want string
	}{
		{event.Delivery{Ordered: true}, `null false`},
		{event.Delivery{Ordered: true, Behind: &event.Behind{ID: "dlv_1"}}, `{"id":"dlv_1","failed":false} false`},
		{event.Delivery{Ordered: true, Behind: &event.Behind{ID: "dlv_1", Failed: true}}, `{"id":"dlv_1","failed":true} false`},
		{event.Delivery{State: event.Failed, Ordered: true, Holds: true}, `null true`},
	} {
		out, err := json.Marshal(listed(tt.d))
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]json.RawMessage{"waits_for": json.RawMessage("null"), "holds": json.RawMessage("false")}
		if err := json.Unmarshal(out, &told); err != nil {
			t.Fatal(err)
		}
		if got := string(told["waits_for"]) + " " + string(told["holds"]); got != tt.want {
			t.Errorf("%+v is told as %s, want %s", tt.d, got, tt.want)
		}
	}
}
