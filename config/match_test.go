package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
)

func hook(name, events, more string) string {
	return fmt.Sprintf("webhook %q {\n  url = \"https://h\"\n  events = %s\n%s\n}\n", name, events, more)
}

func TestMatchTellsWhatAnEventOwes(t *testing.T) {
	g := mustLoad(t, strings.Join([]string{
		hook("z-first", `["contact.subscribed"]`, ""),
		hook("prefix", `["contact.*"]`, ""),
		hook("all", `["*"]`, ""),
		hook("other", `["contact.left", "contact"]`, ""),
		hook("deep", `["contact.subscribed.*"]`, ""),
		hook("twice", `["*", "contact.*", "contact.subscribed"]`, ""),
		hook("yes", `["*"]`, `filter = expr("contact.id > 5")`),
		hook("no", `["*"]`, `filter = expr("contact.id > 50")`),
		hook("broken", `["*"]`, `filter = expr("contact.name > 5")`),
		hook("held", `["*"]`, "active = false"),
		hook("skipped", `["*"]`, "active = false\non_inactive = \"skip\""),
		hook("skipped-no", `["*"]`, "active = false\non_inactive = \"skip\"\nfilter = expr(\"contact.id > 50\")"),
	}, ""))
	got := g.Match(&event.Event{ID: "1", Type: "contact.subscribed", Data: []byte(`{"contact":{"id":7,"name":"\u001b[31mx"}}`)})
	for i := range got {
		if got[i].Error != "" {
			if got[i].Error != inert(got[i].Error) {
				t.Errorf("error %q is not inert", got[i].Error)
			}
			got[i].Error = "…"
		}
	}
	want := []Match{
		{Webhook: "z-first", State: event.Pending},
		{Webhook: "prefix", State: event.Pending},
		{Webhook: "all", State: event.Pending},
		{Webhook: "twice", State: event.Pending},
		{Webhook: "yes", State: event.Pending},
		{Webhook: "broken", State: event.Failed, Class: event.Filter, Error: "…"},
		{Webhook: "held", State: event.Pending},
		{Webhook: "skipped", State: event.Skipped},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatchPutsInOrder(t *testing.T) {
	const by = "order_by = expr(\"contact.id\")\n"
	g := mustLoad(t, strings.Join([]string{
		hook("plain", `["*"]`, by),
		hook("text", `["*"]`, `order_by = expr("string(contact.id) + '/' + contact.name")`),
		hook("null", `["*"]`, `order_by = expr("contact.none.more")`),
		hook("empty", `["*"]`, `order_by = expr("contact.blank")`),
		hook("list", `["*"]`, `order_by = expr("contact.tags")`),
		hook("list-held", `["*"]`, "order_by = expr(\"contact.tags\")\non_order_failure = \"hold\""),
		hook("filtered", `["*"]`, by+`filter = expr("contact.name > 5")`),
		hook("filtered-held", `["*"]`, by+"on_order_failure = \"hold\"\nfilter = expr(\"contact.name > 5\")"),
		hook("no", `["*"]`, by+`filter = expr("false")`),
		hook("skipped", `["*"]`, by+"active = false\non_inactive = \"skip\""),
	}, ""))
	got := g.Match(&event.Event{ID: "1", Type: "x", Data: []byte(`{"contact":{"id":9007199254740993,"name":"Ada","blank":"","tags":[]}}`)})
	for i := range got {
		if got[i].Class == event.Filter {
			got[i].Error = "…"
		}
	}
	const list = "order_by: contact.tags yields a list, not text"
	want := []Match{
		{Webhook: "plain", State: event.Pending, Order: "9007199254740993"},
		{Webhook: "text", State: event.Pending, Order: "9007199254740993/Ada"},
		{Webhook: "null", State: event.Pending},
		{Webhook: "empty", State: event.Pending},
		{Webhook: "list", State: event.Failed, Class: event.Mapping, Error: list},
		{Webhook: "list-held", State: event.Failed, Class: event.Mapping, Error: list, Hold: true},
		{Webhook: "filtered", State: event.Failed, Class: event.Filter, Error: "…", Order: "9007199254740993"},
		{Webhook: "filtered-held", State: event.Failed, Class: event.Filter, Error: "…", Order: "9007199254740993", Hold: true},
		{Webhook: "skipped", State: event.Skipped},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPrefixesStandForOneSegmentOrMore(t *testing.T) {
	g := mustLoad(t, hook("a", `["a.*"]`, "")+hook("ab", `["a.b.*"]`, "")+hook("space", `["Prize Won.*"]`, ""))
	for typ, want := range map[string][]string{
		"a": nil, "a.": nil, "a.b": {"a"}, "a.b.c": {"a", "ab"}, "a.b.": {"a"}, "ab.c": nil, "Prize Won.x": {"space"}, ".a.b": nil,
	} {
		if diff := cmp.Diff(want, subscribers(g, typ)); diff != "" {
			t.Errorf("%q: %s", typ, diff)
		}
	}
}

// subscribers are the names of the webhooks that a type goes to.
func subscribers(g *Generation, typ string) (names []string) {
	for _, i := range g.match.subscribed(typ) {
		names = append(names, g.match.order[i].Name)
	}
	return names
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, maxWebhooks} {
		b.Run(fmt.Sprintf("webhooks=%d", n), func(b *testing.B) {
			var text strings.Builder
			for i := range n {
				text.WriteString(hook(fmt.Sprintf("w%d", i), fmt.Sprintf(`["type%d.a"]`, i), ""))
			}
			g := mustLoad(b, text.String())
			e := &event.Event{ID: "1", Type: "type0.a", Data: []byte(campaign)}
			b.ReportAllocs()
			for b.Loop() {
				if len(g.Match(e)) != 1 {
					b.Fatal("no match")
				}
			}
		})
	}
}
