package expr

import (
	"net/url"
	"testing"
)

func TestTextRender(t *testing.T) {
	e := func(src string) Part { return Part{Expr: mustCompile(t, src, Value)} }
	secret := func(name string) (string, bool) { return "s3/" + name, name == "env:KEY" }
	for name, c := range map[string]struct {
		text   Text
		escape func(string) string
		want   string
		null   bool
		err    string
	}{
		"nothing":             {},
		"literal":             {text: Text{[]Part{{Literal: "a"}, {Literal: "/b"}}}, want: "a/b"},
		"parts":               {text: Text{[]Part{{Literal: "id/"}, e(`order.id`), {Literal: "?"}, {Secret: "env:KEY"}}}, want: "id/820982911946154508?s3/env:KEY"},
		"escaped":             {text: Text{[]Part{{Literal: "/"}, e(`"a/b"`), {Literal: "/"}, {Secret: "env:KEY"}}}, escape: url.PathEscape, want: "/a%2Fb/s3/env:KEY"},
		"escaped and alone":   {text: Text{[]Part{e(`"a/b"`)}}, escape: url.PathEscape, want: "a%2Fb"},
		"null":                {text: Text{[]Part{e(`contact.phone`)}}, null: true},
		"null among others":   {text: Text{[]Part{{Literal: "x"}, e(`contact.phone`)}}, want: "x"},
		"an object":           {text: Text{[]Part{{Literal: "x"}, e(`contact`)}}, err: "contact yields an object, not text"},
		"a failure":           {text: Text{[]Part{e(`1 / 0`)}}, err: "division by zero, at / (character 3) in 1 / 0"},
		"a secret that isn't": {text: Text{[]Part{{Secret: "env:X"}}}, err: `the secret "env:X" is not known`},
	} {
		t.Run(name, func(t *testing.T) {
			text, null, err := c.text.Render(newScope(sample), secret, c.escape)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if text != c.want || null != c.null || got != c.err {
				t.Errorf("got %q, %v, %q", text, null, got)
			}
		})
	}
}

func TestTextLiteral(t *testing.T) {
	for _, c := range []struct {
		text Text
		want string
		ok   bool
	}{
		{Text{}, "", true},
		{Text{[]Part{{Literal: "a"}, {Literal: "b"}}}, "ab", true},
		{Text{[]Part{{Literal: "a"}, {Secret: "s"}}}, "", false},
		{Text{[]Part{{Expr: mustCompile(t, `"a"`, Value)}}}, "", false},
	} {
		if got, ok := c.text.Literal(); got != c.want || ok != c.ok {
			t.Errorf("%v: got %q, %v", c.text, got, ok)
		}
	}
}

func TestTextForPeopleShowsNoSecret(t *testing.T) {
	text := Text{[]Part{{Literal: "https://h/"}, {Secret: "env:KEY"}, {Literal: "/"}, {Expr: mustCompile(t, "contact[\"ä\"]\n+ 'x'", Value)}}}
	if got, want := text.String(), `https://h/(sensitive)/${expr("contact[\"ä\"]\n+ 'x'")}`; got != want {
		t.Errorf("got %s", got)
	}
}
