package expr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReads(t *testing.T) {
	for src, want := range map[string][]string{
		`contact.country in ["FR"]`: {"contact.country"}, `data.contact["country"]`: {"contact.country"}, `"x"`: nil, `contact`: {"contact"},
		`contact.vip and order.total > 5 or contact.vip`: {"contact.vip", "order.total"},
		`data["First name"] + data.event.x + data.data`:  {`data["First name"]`, "data.event.x", "data.data"},
		`items[0].sku ?? items[-1].sku`:                  {"items[0].sku", "items[-1].sku"},
		`map(items, .sku + contact.email)`:               {"items", "contact.email"},
		`contact[order.key].x`:                           {"contact", "order.key"},
		`let c = contact; c.email + c.city`:              {"contact.email", "contact.city"},
		`let n = len(items); n + 1`:                      {"items"},
		`let c = contact; map(items, let d = .q; d)`:     {"items"},
		`now().Year() > 2000`:                            {"event.time"}, `date(contact.born).Format(contact.layout)`: {"contact.born", "contact.layout"},
		`get(contact, "phone") ?? get(contact, event.id)`: {"contact.phone", "contact", "event.id"},
		`contact.email[1:count]`:                          {"contact.email", "count"}, `event.ce.partition`: {"event.ce.partition"},
		`{"a": contact.a, (b): [c]}`: {"contact.a", "b", "c"}, `a?.b ? c : d`: {"a.b", "c", "d"},
	} {
		if diff := cmp.Diff(want, mustCompile(t, src, Value).Reads()); diff != "" {
			t.Errorf("%s: %s", src, diff)
		}
	}
}
