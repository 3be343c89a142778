package expr

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func literal(json string) *Literal { return &Literal{JSON: []byte(json)} }

func template(parts ...Part) *Template { return &Template{Text: Text{Parts: parts}} }

func object(fields ...Field) *Object { return &Object{Fields: fields} }

// fill puts values into the holes, escaped as a JSON string is.
func fill(t *testing.T, r Rendered, values map[string]string) string {
	t.Helper()
	var out []byte
	from := 0
	for _, h := range r.Holes {
		if h.Offset < from || h.Offset > len(r.JSON) {
			t.Fatalf("hole at %d", h.Offset)
		}
		quoted, err := json.Marshal(values[h.Secret])
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, r.JSON[from:h.Offset]...), quoted[1:len(quoted)-1]...)
		from = h.Offset
	}
	return string(append(out, r.JSON[from:]...))
}

func TestRender(t *testing.T) {
	e := func(src string) *Program { return mustCompile(t, src, Value) }
	m := NewMapping(object(
		Field{"z", e(`contact.email`)},
		Field{"a", literal(`"fixed & <b>"`)},
		Field{"missing", e(`campaign.name`)},
		Field{"key", &Secret{"env:KEY"}},
		Field{"auth", template(Part{Literal: "Key \"é\n"}, Part{Secret: "env:KEY"}, Part{Literal: "&"}, Part{Secret: "env:B"}, Part{Literal: ";"})},
		Field{"kind", template(Part{Expr: e(`order.total`)})},
		Field{"none", template(Part{Expr: e(`contact.phone`)})},
		Field{"list", template(Part{Expr: e(`contact.tags`)})},
		Field{"text", template(Part{Literal: "id "}, Part{Expr: e(`order.id`)}, Part{Literal: ": "}, Part{Expr: e(`note`)}, Part{Expr: e(`contact.phone`)})},
		Field{"whole", template(Part{Secret: "env:B"})},
		Field{"odd \"key\" <", &List{Items: []Node{literal("1"), e(`count + 1`), object(Field{"x", e(`items`)}), &List{}, object()}}},
		Field{"last", literal("1.50")},
	))
	r, err := m.Render(newScope(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"z":"ada@example.com","a":"fixed & <b>","missing":null,"key":"","auth":"Key \"é\n&;","kind":4999.00,"none":null,"list":["a","b"],` +
		`"text":"id 820982911946154508: R&D <b>` + "\u2028é" + `","whole":"","odd \"key\" <":[1,4,{"x":[{"sku":"x","q":2},{"sku":"y","q":1}]},[],{}],"last":1.50}`
	if diff := cmp.Diff(want, string(r.JSON)); diff != "" {
		t.Error(diff)
	}
	checkJSON(t, r.JSON)
	filled := fill(t, r, map[string]string{"env:KEY": `k"1`, "env:B": `b\2`})
	var got map[string]any
	if err := json.Unmarshal([]byte(filled), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"key": `k"1`, "auth": "Key \"é\nk\"1&b\\2;", "whole": `b\2`} {
		if got[name] != want {
			t.Errorf("%s: %q", name, got[name])
		}
	}
}

func TestRenderErrorsNameTheField(t *testing.T) {
	e := func(src string) *Program { return mustCompile(t, src, Value) }
	for want, field := range map[string]Field{
		`payload.a: upper wants text, not null, at upper (character 1) in upper(nothing)`:       {"a", e(`upper(nothing)`)},
		`payload.contact["odd key"][1]: contact yields an object, not text`:                     {"contact", object(Field{"odd key", &List{Items: []Node{literal("1"), template(Part{Literal: "x"}, Part{Expr: e(`contact`)})}}})},
		`payload.a.b: the event's data is not valid JSON, in x + 1`:                             {"a", object(Field{"b", e(`x + 1`)})},
		`payload["\x1b[31m"]: null where true or false is wanted, at ! (character 1) in !(a.b)`: {"\x1b[31m", template(Part{Expr: e(`!(a.b)`)})},
	} {
		data := sample
		if strings.Contains(want, "not valid") {
			data = `{"x"`
		}
		r, err := NewMapping(object(Field{"ok", literal("1")}, field)).Render(newScope(data))
		if err == nil || err.Error() != want || r.JSON != nil {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRenderIsBounded(t *testing.T) {
	data := `{"a": "` + strings.Repeat("x", 900_000) + `"}`
	root := object()
	for range 5 {
		root.Fields = append(root.Fields, Field{"f", mustCompile(t, `a`, Value)})
	}
	if _, err := NewMapping(root).Render(newScope(data)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	root.Fields = root.Fields[:4]
	if _, err := NewMapping(root).Render(newScope(data)); err != nil {
		t.Error(err)
	}
}

func FuzzRender(f *testing.F) {
	f.Add("name", "literal", "secret", `{"a":"b"}`)
	f.Add("\x00\"", "\xff\\", "\u2028\"", `{"a":[1,{"b":1e5}]}`)
	f.Fuzz(func(t *testing.T, name, text, secret, data string) {
		if !json.Valid([]byte(data)) || data == "" || strings.TrimSpace(data)[0] != '{' || hasDuplicates(json.NewDecoder(strings.NewReader(data))) {
			return
		}
		e := mustCompile(t, `a`, Value)
		both := mustCompile(t, `string(a) + "é"`, Value)
		m := NewMapping(object(
			Field{name, template(Part{Literal: text}, Part{Secret: "s"}, Part{Expr: both}, Part{Secret: "s"})},
			Field{name + "2", e}, Field{"copy", mustCompile(t, `[a, data]`, Value)}, Field{"key", &Secret{"s"}},
		))
		r, err := m.Render(newScope(data))
		if err != nil {
			if strings.Contains(err.Error(), "nested too deeply") {
				return
			}
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(r.Holes, func(a, b Hole) int { return a.Offset - b.Offset }) || len(r.Holes) != 3 {
			t.Errorf("holes %v", r.Holes)
		}
		if filled := fill(t, r, map[string]string{"s": secret}); !json.Valid([]byte(filled)) {
			t.Errorf("not JSON: %q", filled)
		}
	})
}
