package expr

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `{
	"contact": {"email": "ada@example.com", "first name": "Ada", "age": 36, "phone": null, "vip": true,
		"tags": ["a", "b"], "city": "Århus", "big": 99999999999999999999, "huge": 1e400},
	"order": {"id": 820982911946154508, "total": 4999.00, "rate": 1E2, "max": 9223372036854775807, "min": -9223372036854775808},
	"items": [{"sku": "x", "q": 2}, {"sku": "y", "q": 1}],
	"referral": "", "note": "R&D <b>\u2028\u00e9", "empty": {}, "none": [],
	"type": "T", "count": 3, "first": "F", "date": "D", "now": "N", "$event_id": "K", "event": {"a": 1}, "data": {"b": 2}
}`

func newScope(data string) *Scope {
	return NewScope(Event{ID: "evt_1", Type: "contact.subscribed", Time: "2026-06-17T04:00:00-04:00", Data: []byte(data)})
}

func mustCompile(t testing.TB, src string, kind Kind) *Program {
	t.Helper()
	p, err := Compile(src, kind)
	if err != nil {
		t.Fatalf("Compile(%s): %v", src, err)
	}
	return p
}

// result is what a program appends, or its error behind a bang.
func result(t *testing.T, src, data string) string {
	t.Helper()
	out, err := mustCompile(t, src, Value).AppendJSON(nil, newScope(data))
	if err != nil {
		return "! " + err.Error()
	}
	return string(out)
}

func check(t *testing.T, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		t.Run(c[0], func(t *testing.T) {
			if diff := cmp.Diff(c[1], result(t, c[0], sample)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	check(t, [][2]string{
		{`contact.email`, `"ada@example.com"`},
		{`data.contact.email`, `"ada@example.com"`},
		{`contact.age + 0`, `36`},
		// data and event win over members of those names
		{`data.data.b`, `2`}, {`data.data.b + 0`, `2`},
		{`data.event.a`, `1`}, {`data.event.a + 0`, `1`},
		{`event.id`, `"evt_1"`}, {`upper(event.id)`, `"EVT_1"`},
		{`event.type + "!"`, `"contact.subscribed!"`},
		{`event.time`, `"2026-06-17T04:00:00-04:00"`},
		{`event.source`, `null`}, {`event.source ?? "none"`, `"none"`},
		{`event.ce_id`, `null`}, {`event.ce.extension`, `null`},
		{`event`, `{"id":"evt_1","type":"contact.subscribed","time":"2026-06-17T04:00:00-04:00"}`},
		// members win over functions of their names
		{`type`, `"T"`}, {`type == "T"`, `true`}, {`count + 1`, `4`}, {`lower(first)`, `"f"`}, {`date`, `"D"`},
		{`now`, `"N"`}, {`type(count)`, `"int"`}, {`$event_id + ""`, `"K"`},
		// let
		{`let x = count; x + x`, `6`},
		{`let contact = 1; contact`, `1`},
		{`map(items, let q = .q; q * count)`, `[6,3]`},
		{`let x = contact; x.email`, `"ada@example.com"`},
	})
}

func TestNamesOfACloudEvent(t *testing.T) {
	e := Event{
		ID: "ce_1", Type: "t", Time: "2026-06-17T08:00:00Z", Source: "/shop", Data: []byte(`{"ce": 1}`),
		CloudID: `A "1"`, Attributes: []byte(`{"subject":"contact/42","n":9007199254740993,"vip":true}`),
	}
	for _, c := range [][2]string{
		{`event.ce_id`, `"A \"1\""`}, {`upper(event.ce_id)`, `"A \"1\""`},
		{`event.ce.subject`, `"contact/42"`}, {`split(event.ce.subject, "/")[1]`, `"42"`},
		{`event.ce.n`, `9007199254740993`}, {`event.ce.n + 1`, `9007199254740994`},
		{`event.ce.vip ? 1 : 2`, `1`}, {`event.ce.other`, `null`}, {`event.ce.other ?? 3`, `3`},
		{`ce`, `1`}, {`keys(event.ce) == ["n", "subject", "vip"]`, `true`},
	} {
		out, err := mustCompile(t, c[0], Value).AppendJSON(nil, NewScope(e))
		if err != nil || string(out) != c[1] {
			t.Errorf("%s: %s, %v, want %s", c[0], out, err, c[1])
		}
	}
}

func TestMissingIsNull(t *testing.T) {
	check(t, [][2]string{
		{`nothing`, `null`}, {`nothing ?? "x"`, `"x"`},
		{`a.b.c.d.e.f`, `null`}, {`(a.b.c.d.e.f) ?? 1`, `1`}, {`a?.b.c?.d ?? 1`, `1`},
		{`a["b"][0].c`, `null`}, {`a["b"][0].c == nil`, `true`},
		{`contact.phone.number`, `null`}, {`contact.phone.number ?? 1`, `1`},
		{`referral.email`, `null`}, {`referral.email ?? 1`, `1`},
		{`contact.age.years ?? 1`, `1`},
		{`contact[0]`, `null`}, {`items.sku`, `null`}, {`items["sku"] ?? 1`, `1`},
		{`items[9].sku`, `null`}, {`items[9].sku ?? 1`, `1`}, {`items[-9] ?? 1`, `1`},
		{`items[count - 2].sku`, `"y"`}, {`items[count].sku ?? 1`, `1`},
		{`contact.email[0]`, `null`}, {`contact.email[0] ?? 1`, `1`},
		{`"x" in nothing`, `false`}, {`"x" not in a.b.c`, `true`},
		{`nothing in ["x"]`, `false`}, {`nothing in [nil]`, `true`},
		{`nothing == nil`, `true`}, {`nothing != "x"`, `true`}, {`nothing matches "x"`, `false`}, {`nothing contains "x"`, `false`},
		{`nothing[1:2]`, `null`}, {`first(nothing)`, `null`}, {`get(nothing, "x")`, `null`},
		{`nothing.Year()`, `null`}, {`a.b.c.Format("2006") ?? 1`, `1`},
		{`map(items, .nothing.more)`, `[null,null]`},
		{`string(nothing)`, `""`},
	})
}

func TestPathCopiesTheReceivedBytes(t *testing.T) {
	check(t, [][2]string{
		{`order.id`, `820982911946154508`}, {`order.total`, `4999.00`}, {`order.rate`, `1E2`},
		{`contact.big`, `99999999999999999999`}, {`contact.huge`, `1e400`},
		{`note`, `"R&D <b>\u2028\u00e9"`},
		{`contact["first name"]`, `"Ada"`}, {`data["first"]`, `"F"`},
		{`items[0].sku`, `"x"`}, {`items[-1]`, `{"sku":"y","q":1}`}, {`items[-2].q`, `2`},
		{`items`, `[{"sku":"x","q":2},{"sku":"y","q":1}]`},
		{`contact.tags`, `["a","b"]`}, {`empty`, `{}`}, {`none`, `[]`}, {`contact.vip`, `true`},
	})
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		src, text string
		null      bool
		err       string
	}{
		{src: `note`, text: "R&D <b>\u2028é"},
		{src: `order.total`, text: "4999.00"}, {src: `order.rate`, text: "1E2"}, {src: `contact.big`, text: "99999999999999999999"},
		{src: `order.total + 0`, text: "4999"}, {src: `1e21 * 1`, text: "1e+21"}, {src: `order.id + 1`, text: "820982911946154509"},
		{src: `contact.vip`, text: "true"}, {src: `!contact.vip`, text: "false"}, {src: `now()`, text: "2026-06-17T08:00:00Z"},
		{src: `contact.phone`, null: true}, {src: `nothing.x`, null: true}, {src: `nil`, null: true}, {src: `referral`, text: ""},
		{src: `contact`, err: `contact yields an object, not text`}, {src: `[1]`, err: `[1] yields a list, not text`}, {src: `items`, err: `items yields a list, not text`},
	} {
		text, null, err := mustCompile(t, c.src, Value).Text(newScope(sample))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if text != c.text || null != c.null || got != c.err {
			t.Errorf("%s: got %q, %v, %q", c.src, text, null, got)
		}
	}
}

func TestBool(t *testing.T) {
	for src, want := range map[string]string{
		`contact.age > 18`: "true",
		`contact.vip`:      "true",
		`nothing == 1`:     "false",
		`contact.email`:    "contact.email yields text, not true or false",
		`contact.age`:      "contact.age yields a number, not true or false",
		`nothing`:          "nothing yields null, not true or false",
		`contact.x ?? "a"`: `contact.x ?? "a" yields text, not true or false`,
		`contact.phone > 1`: "null and a number can't be compared (?? gives a value in place of null), " +
			"at > (character 15) in contact.phone > 1",
	} {
		yes, err := mustCompile(t, src, Bool).Bool(newScope(sample))
		got := map[bool]string{true: "true", false: "false"}[yes]
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
}

func TestPath(t *testing.T) {
	for src, want := range map[string]string{
		`contact.email`: "contact.email", ` ( contact ) . email`: "contact.email", `contact?.email`: "contact.email", `contact["email"]`: "contact.email",
		`data`: "data", `data.x`: "data.x", `event.id`: "event.id", `x`: "x",
		`x[0]`: "", `x["a b"]`: "", `x.y + 1`: "", `"x"`: "", `x[y]`: "", `x[0:1]`: "", `upper(x)`: "", `x.Year()`: "", `nil`: "", `let x = 1; x`: "",
	} {
		got, ok := mustCompile(t, src, Value).Path()
		if got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v", src, got, ok)
		}
	}
}

func TestAppendJSONAppends(t *testing.T) {
	for _, src := range []string{`contact.tags`, `contact.age + 1`, `contact.email`} {
		out, err := mustCompile(t, src, Value).AppendJSON([]byte("x:"), newScope(sample))
		if err != nil || !strings.HasPrefix(string(out), "x:") {
			t.Errorf("%s: %s, %v", src, out, err)
		}
	}
	out, err := mustCompile(t, `[1, contact.email + 1]`, Value).AppendJSON([]byte("x:"), newScope(sample))
	if err == nil || string(out) != "x:" {
		t.Errorf("after an error: %s, %v", out, err)
	}
}

func TestBrokenDataIsAnError(t *testing.T) {
	for _, data := range []string{`{"a"`, `{"a":`, `{"a":"`, `{"a":[1`, `{"a":{"b":1}`, `[`, `{a:1}`, `nonsense`, `{"b":1}}`, ` `} {
		s := newScope(data)
		if _, err := mustCompile(t, `a + 1`, Value).AppendJSON(nil, s); err == nil {
			t.Errorf("%s: computed", data)
		}
		_, _ = mustCompile(t, `a.b[0].c`, Value).AppendJSON(nil, s) // ends
	}
}

func TestNoDataIsAnEmptyObject(t *testing.T) {
	for src, want := range map[string]string{`data`: `{}`, `a.b`: `null`, `a.b ?? 1`: `1`} {
		if got := result(t, src, ""); got != want {
			t.Errorf("%s: %s", src, got)
		}
	}
}

func TestPathDoesNotDecode(t *testing.T) {
	s := newScope(sample)
	for _, src := range []string{`contact.email`, `items[1].sku`, `event.id`, `data`} {
		if _, err := mustCompile(t, src, Value).AppendJSON(nil, s); err != nil {
			t.Fatal(err)
		}
	}
	if s.env != nil {
		t.Error("decoded for a path")
	}
	if _, err := mustCompile(t, `count + 1`, Value).AppendJSON(nil, s); err != nil || s.env == nil {
		t.Fatal(err)
	}
	s.e.Data = nil // a second decoding would see it
	if out, err := mustCompile(t, `count + 2`, Value).AppendJSON(nil, s); err != nil || string(out) != "5" {
		t.Errorf("%s, %v", out, err)
	}
}

func TestProgramsRunConcurrently(t *testing.T) {
	p := mustCompile(t, `{"n": map(sort([3, 1, 2]), # * count), "m": contact.email matches "^ada", "l": find(items, .q in [1, 5]).sku}`, Value)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				out, err := p.AppendJSON(nil, newScope(sample))
				if err != nil || string(out) != `{"l":"y","m":true,"n":[3,6,9]}` {
					t.Errorf("%s, %v", out, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
