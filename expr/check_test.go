package expr

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustSample(t testing.TB, data string) *Sample {
	t.Helper()
	s, err := NewSample([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mistakes are the errors of a check: the token that each points at, what it
// says, and its advice.
func mistakes(src string, errs []*Error) []string {
	var lines []string
	for _, e := range errs {
		line := fmt.Sprintf("%s: %s", src[e.Offset:e.Offset+e.Length], e.Message)
		if e.Hint != "" {
			line += " (" + e.Hint + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// checkMistakes takes a source and the mistakes in it, by rising place.
func checkMistakes(t *testing.T, kind Kind, cases [][]string) {
	t.Helper()
	s := mustSample(t, sample)
	for _, c := range cases {
		t.Run(c[0], func(t *testing.T) {
			got := mistakes(c[0], mustCompile(t, c[0], Value).Check(s, kind))
			if diff := cmp.Diff(append([]string(nil), c[1:]...), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckFindsMissingMembers(t *testing.T) {
	checkMistakes(t, Value, [][]string{
		{`contact.email`}, {`contact["email"]`}, {`data.contact.email`}, {`data`}, {`event.source`}, {`event.ce.any.thing`},
		{`contact.emial`, `emial: there is no contact.emial (did you mean "email"?)`},
		{`contact["emial"]`, `"emial": there is no contact.emial (did you mean "email"?)`},
		{`data.contact.emial`, `emial: there is no contact.emial (did you mean "email"?)`},
		{`data["Frist name"]`, `"Frist name": there is no data["Frist name"] (get(data, "Frist name") says that it may be missing)`},
		{`contact.adress`, `adress: there is no contact.adress (contact?.adress says that it may be missing)`},
		{`contact.adress ?? "x"`, `adress: there is no contact.adress (contact?.adress says that it may be missing)`},
		{`prize.name`, `prize: there is no prize (data?.prize says that it may be missing)`},
		{`contact.emial + contact.cit`, `emial: there is no contact.emial (did you mean "email"?)`, `cit: there is no contact.cit (did you mean "city"?)`},
		{"[\n  contact.email, 'Ærø',\n  contact . emial ]", `emial: there is no contact.emial (did you mean "email"?)`},
		{"contact.city +\r\n\t\"🙂\" + contact.emial\r\n", `emial: there is no contact.emial (did you mean "email"?)`},
		{`{"a": contact.emial, "b": [order.totl]}`, `emial: there is no contact.emial (did you mean "email"?)`, `totl: there is no order.totl (did you mean "total"?)`},
		// ?. says that what stands on both its sides may be missing, but a slip is a slip
		{`contact?.adress`}, {`data?.prize.name`}, {`prize?.name ?? "x"`}, {`get(contact, "emial")`}, {`get(data, "prize").name`},
		{`contact?.emial`, `emial: there is no contact.emial (did you mean "email"?)`},
		{`contcat?.name`, `contcat: there is no contcat (did you mean "contact"?)`},
		// through lists
		{`items[0].sku`}, {`items[-1].sku`}, {`items[9].sku`}, {`map(items, .sku)`}, {`none[0].x.y`}, {`map(none, upper(.x))`}, {`first(items).sku`}, {`find(items, .q > 1).sku`},
		{`items[0].skuu`, `skuu: there is no items[0].skuu (did you mean "sku"?)`},
		{`map(items, .skuu)`, `skuu: there is no items[].skuu (did you mean "sku"?)`},
		{`filter(items, .q > 1)[0].skuu`, `skuu: there is no member "skuu" (did you mean "sku"?)`},
		{`groupBy(items, .sku).y[0].skuu`, `skuu: there is no member "skuu" (did you mean "sku"?)`},
		{`let c = contact; c.emial`, `emial: there is no c.emial (did you mean "email"?)`},
		{`items.sku`, `sku: items is a list, which has no members (map(…, .sku) takes it of every item, [0] is the first item)`},
		{`contact.email.domain`, `domain: contact.email is text, which has no members`},
		{`contact.email[0]`, `0: contact.email is text, which has no items ([:1] is its first character)`},
		{`items["sku"]`, `"sku": items is a list, which has no members (map(…, .sku) takes it of every item, [0] is the first item)`},
		{`contact[0]`, `0: a number can't name a member of an object`},
	})
}

func TestCheckKnowsNull(t *testing.T) {
	const advice = ` (?? gives a value in place of null)`
	checkMistakes(t, Value, [][]string{
		{`contact.phone`}, {`contact.phone.number ?? ""`}, {`string(contact.phone)`}, {`contact.phone contains "x"`}, {`contact.phone in ["x"]`}, {`contact.phone == 1`},
		{`contact.phone > 18`, `phone: contact.phone can be null, and > wants a value` + advice},
		{`upper(contact.phone)`, `phone: contact.phone can be null, and upper wants text` + advice},
		{`map(contact.phone, .x)`, `phone: contact.phone can be null, and map wants a list` + advice},
		{`not contact.phone`, `phone: contact.phone can be null, and not wants true or false` + advice},
		{`upper(items[5].sku)`, `sku: items[5].sku can be null, and upper wants text` + advice},
		{`upper(find(items, .q > 1).sku)`, `sku: this can be null, and upper wants text` + advice},
		{`upper(split(contact.email, "@")[1])`, `[: this can be null, and upper wants text` + advice},
		{`lower(event.source)`, `source: event.source can be null, and lower wants text` + advice},
		{`(contact.phone ?? 0) > 18`}, {`upper(contact.phone ?? "")`},
		// conditions tell
		{`contact.phone != nil and contact.phone > 18`}, {`contact.phone == nil or contact.phone > 18`}, {`contact.phone != nil ? upper(contact.phone) : ""`},
		{`if contact.phone == nil { "" } else { upper(contact.phone) }`}, {`not (contact.phone == nil) and contact.phone > 1`}, {`nil != contact.phone and contact.phone > 1`},
		{`let p = contact.phone; p != nil ? upper(p) + lower(contact.phone) : ""`}, {`contact.phone startsWith "+" and len(contact.phone) > 3`},
		{`contact.phone in ["a", "b"] and upper(contact.phone) == "A"`}, {`contact.phone == "a" and upper(contact.phone) == "A"`},
		{`contact.phone == nil and contact.phone > 18`, `phone: contact.phone can be null, and > wants a value` + advice},
		{`contact.phone != nil or contact.phone > 18`, `phone: contact.phone can be null, and > wants a value` + advice},
		{`contact.phone != nil ? "" : upper(contact.phone)`, `phone: contact.phone can be null, and upper wants text` + advice},
	})
	s := mustSample(t, `{"xs": [{"a": "x", "b": null, "c": {"d": 1}}, {"b": "y", "c": {}}]}`)
	for src, want := range map[string][]string{
		`map(xs, upper(.a))`:                                  {`a: xs[].a can be null, and upper wants text` + advice},
		`map(xs, upper(.b))`:                                  {`b: xs[].b can be null, and upper wants text` + advice},
		`map(xs, .c.d + 1)`:                                   {`d: xs[].c.d can be null, and + wants a value` + advice},
		`map(filter(xs, .a != nil), upper(.a))`:               nil,
		`map(filter(xs, .a != nil and .c.d > 1), upper(.a))`:  {`d: xs[].c.d can be null, and > wants a value` + advice},
		`map(filter(xs, any(xs, .a != nil)), upper(.a))`:      {`a: this can be null, and upper wants text` + advice}, // it told of the inner loop
		`any(xs, .a != nil and any(xs, .a > "a"))`:            {`a: xs[].a can be null, and > wants a value` + advice},
		`any(xs, .a != nil and any([1], # > 0) and .a > "a")`: nil,
	} {
		if diff := cmp.Diff(want, mistakes(src, mustCompile(t, src, Value).Check(s, Value))); diff != "" {
			t.Errorf("%s: %s", src, diff)
		}
	}
}

func TestCheckKnowsKinds(t *testing.T) {
	checkMistakes(t, Value, [][]string{
		{`contact.age + 1 + order.total`}, {`contact.age > order.total`}, {`contact.email + "x"`}, {`now() - date(contact.city) > duration("1h")`}, {`duration("1h") * 2 == duration("2h")`},
		{`contact.email + contact.age`, `+: text and a number can't be added (string(…) makes text of a number)`},
		{`contact.tags + "x"`, `+: a list and text can't be added`}, {`contact.email % 2`, `%: % works on numbers, not on text and a number`},
		{`contact.age > "1"`, `>: a number and text can't be compared (write the number without quotes, or compare string(…))`}, {`-contact.email`, `email: - wants a number, not text (int(…) and float(…) make a number of text)`},
		{`(contact.phone ?? 1) + contact.vip`, `+: a number and true or false can't be added`},
		{`contact.email == 5`, `==: text and a number are never equal (write the number without quotes, or compare string(…))`},
		{`contact.vip != "true"`, `!=: true or false and text are never equal (write true and false without quotes)`},
		{`contact.age in ["36"]`, `in: a number is never in a list of texts (write the number without quotes, or compare string(…))`},
		{`contact.age in contact`, `in: an object has names, not a number`}, {`"x" in contact.email`, `email: in wants a list or an object, not text`},
		{`contact.email and true`, `email: and wants true or false, not text (compare it with something, such as == 'DE' or > 0)`}, {`contact.email ? 1 : 2`, `email: a condition wants true or false, not text (compare it with something, such as == 'DE' or > 0)`},
		{`contact.age matches "3"`, `age: matches wants null or text, not a number (string(…) makes text of a value)`}, {`contact.age[1:]`, `age: [:] wants text or a list, not a number`},
		{`1..contact.email`, `email: .. wants a number, not text (int(…) and float(…) make a number of text)`},
		{`upper(contact.age)`, `age: upper wants text, not a number (string(…) makes text of a value)`}, {`upper(contact.vip ? contact.email : contact.age)`, `vip: upper wants text, not a number (string(…) makes text of a value)`},
		{`upper(contact.vip ? contact.email : "x")`}, {`sum(items, .sku)`, `sku: sum wants a number, not text (int(…) and float(…) make a number of text)`}, {`sum(items)`, `items: sum of a list wants a number, not an object`},
		{`filter(items, .q)`, `q: a condition wants true or false, not a number (compare it with something, such as == 'DE' or > 0)`}, {`sort(items)`, `items: sort wants a number or text or a time or a duration, not an object`},
		{`sort([1, "a"])`, `[: sort can't compare a number or text`}, {`sortBy(items, .sku)[0].sku`}, {`max(contact.email, 1)`, `email: max wants a number or a list, not text`},
		{`reduce(items, #acc + .q, 0)`}, {`reduce(items, #acc + .sku, 0)`, `+: a number and text can't be added (string(…) makes text of a number)`},
		{`reduce(items, #acc + string(.q), "") + 1`, `+: text and a number can't be added (string(…) makes text of a number)`},
		{`join(items)`, `items: join of a list wants null or true or false or a number or text or a time, not an object`}, {`join(map(items, .sku), ",")`},
		{`contact.email.Format("x")`, `Format: text has no method Format`},
		{`duration("1h")`, `duration: a duration can't be written as it is (say in what, such as .Seconds())`}, {`[now() - now()]`, `[: a duration can't be written as it is (say in what, such as .Seconds())`},
		{`flatten([[1], [[contact.email]]])[0] + 1`, `[: this can be null, and + wants a value (?? gives a value in place of null)`, `+: text and a number can't be added (string(…) makes text of a number)`},
	})
}

func TestCheckOfAResult(t *testing.T) {
	checkMistakes(t, Bool, [][]string{
		{`contact.vip`}, {`contact.age > 18`}, {`contact?.adress.x ?? false`}, {`fromJSON(note)`},
		{`contact.email`, `contact.email: the expression yields text, not true or false (compare it with something, such as == 'DE' or > 0)`},
		{`contact.phone`, `phone: contact.phone can be null, not only true or false (?? false behind it says what null means)`},
		{`contact.vip ? true : items`, `contact.vip ? true : items: the expression yields a list, not true or false (compare it with something, such as == 'DE' or > 0)`},
	})
	checkMistakes(t, Scalar, [][]string{
		{`now() - now()`, `-: a duration can't be written as it is (say in what, such as .Seconds())`},
		{`contact.email`}, {`contact.phone`}, {`now()`}, {`order.total`},
		{`contact`, `contact: the expression yields an object, where text is wanted (name one of its members, or say how to write it, such as json(…) or join(…))`},
		{`contact.tags`, `contact.tags: the expression yields a list, where text is wanted (name one of its members, or say how to write it, such as json(…) or join(…))`},
	})
}

func TestEveryFunctionIsChecked(t *testing.T) {
	special := []string{"string", "json", "toJSON", "max", "min", "mean", "median", "get", "values"}
	for _, name := range functionNames() {
		if _, ok := signatures[name]; !ok && ofLists[name] == nil && !slices.Contains(special, name) {
			t.Errorf("%s: nothing is known of it", name)
		}
	}
}

func TestCheckingIsBounded(t *testing.T) {
	objects, last := "", "contact"
	for range 30 {
		objects += "let " + last + "a = {x: " + last + ", y: [" + last + "], z: " + last + "}; "
		last += "a"
	}
	s := mustSample(t, sample)
	for _, src := range []string{
		objects + last, objects + `[` + last + `, data] == nil`, objects + `contact.vip ? {y: ` + last + `} : {x: ` + last + `}`, objects + last + `.x.x.y[0] == json(` + last + `)`,
		strings.Repeat("reduce(", 60) + "items" + strings.Repeat(", #acc)", 60),
		strings.Repeat("contact.vip and ", 250) + "contact.vip",
		"contact" + strings.Repeat(" ?? contact", 200), "contact." + strings.Repeat("x", 4000),
	} {
		p, err := Compile(src, Value)
		if err != nil {
			t.Errorf("%.60s: %v", src, err)
			continue
		}
		p.Check(s, Value) // ends
		p.Reads()
	}
}

func TestALargeSampleIsKnownWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long with -race, which finds nothing on one goroutine")
	}
	var b strings.Builder
	b.WriteString(`{"last": {"email": "x"}`)
	for i := range 20_000 {
		fmt.Fprintf(&b, `, "m%d": {"n": %d, "list": [{"a": 1}, {"b": "x"}]}`, i, i)
	}
	b.WriteString(`}`)
	s := mustSample(t, b.String())
	for src, want := range map[string][]string{
		`m17777.n + last.email`: {`+: a number and text can't be added (string(…) makes text of a number)`},
		`m3.list[0].a + 1`:      {`a: m3.list[0].a can be null, and + wants a value (?? gives a value in place of null)`},
		`last.emial`:            {`emial: there is no last.emial (did you mean "email"?)`},
		`data`:                  nil,
	} {
		if diff := cmp.Diff(want, mistakes(src, mustCompile(t, src, Value).Check(s, Value))); diff != "" {
			t.Errorf("%s: %s", src, diff)
		}
	}
}
