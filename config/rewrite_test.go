package config

import (
	"strings"
	"testing"
)

// rewritten edits the one expect of the one test of a configuration.
func rewritten(t *testing.T, attributes string, edits func(*Test, *Expect) []Edit) string {
	t.Helper()
	files := fileOf(hook("crm", `["*"]`, "") + "\ntest \"t\" {\n  event = { type = \"x\", data = {} }\n  expect \"crm\" {\n" + attributes + "\n  }\n}\n")
	g, ds := load(files, testInputs())
	if ds.HasErrors() {
		t.Fatal(printed(ds))
	}
	out := Rewrite(files, edits(&g.Tests[0], &g.Tests[0].Expects[0]))
	if _, ds := load(out, testInputs()); ds.HasErrors() {
		t.Errorf("it does not load any more: %s\n%s", printed(ds), out.Files[0].Content)
	}
	_, body, _ := strings.Cut(string(out.Files[0].Content), "expect \"crm\" {\n")
	return strings.TrimSuffix(body, "\n  }\n}\n")
}

func edit(w *Wanted, json string) []Edit { return []Edit{{Of: w, JSON: []byte(json)}} }

func TestRewriteChangesValuesInPlace(t *testing.T) {
	for name, tt := range map[string]struct {
		before string
		edits  func(*Test, *Expect) []Edit
		want   string
	}{
		"a text": {
			`    url = "https://a" # where`,
			func(_ *Test, e *Expect) []Edit { return edit(e.URL, `"https://${b}\n\"é\u0000"`) },
			`    url = "https://$${b}\n\"é\u0000" # where`,
		},
		"a number": {
			`    attempts = (-1) // so many`,
			func(_ *Test, e *Expect) []Edit { return edit(e.Attempts, `3`) },
			`    attempts = (3) // so many`,
		},
		"a heredoc": {
			"    body = <<EOT\nold\nlines\nEOT\n    signed = true",
			func(_ *Test, e *Expect) []Edit { return edit(e.Body, `"new"`) },
			"    body = \"new\"\n    signed = true",
		},
		"null": {
			`    json = null`,
			func(_ *Test, e *Expect) []Edit { return edit(e.JSON, `{"a":[1,{"b c":null}],"for":"x"}`) },
			`    json = { a = [1, { "b c" = null }], "for" = "x" }`,
		},
		"an object of many": {
			`    json = "x"`,
			func(_ *Test, e *Expect) []Edit {
				return edit(e.JSON, `{"first":"0123456789012345678901234567890","second":[],"third":{"a":"0123456789012345678901234567890123456789","b":"0123456789"}}`)
			},
			`    json = {
      first = "0123456789012345678901234567890"
      second = []
      third = {
        a = "0123456789012345678901234567890123456789"
        b = "0123456789"
      }
    }`,
		},
		"members within": {
			`    json = {
      # keeps its order
      b = 1 # one
      a = { x = "y" } # nested
    }`,
			func(_ *Test, e *Expect) []Edit {
				return append(edit(e.JSON.Fields[0].Value, `2`), edit(e.JSON.Fields[1].Value.Fields[0].Value, `"z"`)...)
			},
			`    json = {
      # keeps its order
      b = 2 # one
      a = { x = "z" } # nested
    }`,
		},
		"members that come and go": {
			`    json = {
      a = 1, # goes
      b = 2
      c = [ # goes too
        3,
      ]
      # stays
    }`,
			func(_ *Test, e *Expect) []Edit {
				one := edit(e.JSON, `{"b":2,"d":4,"e":[5]}`)
				one[0].Drop, one[0].Add = []string{"a", "c"}, []Addition{{"d", []byte("4")}, {"e", []byte("[5]")}}
				return one
			},
			`    json = {
      b = 2
      # stays
      d = 4
      e = [5]
    }`,
		},
		"an object on one line is written anew": {
			`    json = { a = 1, b = 2 }`,
			func(_ *Test, e *Expect) []Edit {
				one := edit(e.JSON, `{"b":3,"c":4}`)
				one[0].Drop, one[0].Add = []string{"a"}, []Addition{{"c", []byte("4")}}
				return append(one, edit(e.JSON.Fields[1].Value, "3")...)
			},
			`    json = { b = 3, c = 4 }`,
		},
		"so is one whose members share a line": {
			`    json = {
      a = 1, b = 2
    }`,
			func(_ *Test, e *Expect) []Edit {
				one := edit(e.JSON, `{"b":2}`)
				one[0].Drop = []string{"a"}
				return one
			},
			`    json = { b = 2 }`,
		},
		"what is not written here stays": {
			`    json = jsondecode("{\"a\": 1}")`,
			func(_ *Test, e *Expect) []Edit {
				return append(edit(e.JSON, `{}`), edit(e.JSON.Fields[0].Value, "2")...)
			},
			`    json = jsondecode("{\"a\": 1}")`,
		},
		"templates stay": {
			`    url = "https://${lower("A")}"`,
			func(_ *Test, e *Expect) []Edit { return edit(e.URL, `"https://b"`) },
			`    url = "https://${lower("A")}"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rewritten(t, tt.before, tt.edits); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestRewriteLeavesLocalsAlone(t *testing.T) {
	files := fileOf("locals { shared = { a = 1 } }\n" + hook("crm", `["*"]`, "payload = local.shared") + `
test "t" {
  event = { type = "x", data = {} }
  expect "crm" { json = local.shared }
}
`)
	g, ds := load(files, testInputs())
	if ds.HasErrors() {
		t.Fatal(printed(ds))
	}
	w := g.Tests[0].Expects[0].JSON
	if w.Rewritable() || w.Fields[0].Value.Rewritable() {
		t.Error("a local can be rewritten")
	}
	out := Rewrite(files, append(edit(w, "1"), edit(w.Fields[0].Value, "2")...))
	if got := string(out.Files[0].Content); got != string(files.Files[0].Content) {
		t.Errorf("got %s", got)
	}
}

func TestRewriteAddsBlocks(t *testing.T) {
	event := `event = { type = "x", data = {} }`
	for before, want := range map[string]string{
		"test \"t\" { " + event + " }\n":                 "test \"t\" {\n  " + event + "\n  expect \"a\" {}\n  expect \"b\" {}\n}\n",
		"test \"t\" {\n  " + event + " # why\n}":         "test \"t\" {\n  " + event + " # why\n  expect \"a\" {}\n  expect \"b\" {}\n}",
		"\ufefftest \"t\" {\r\n  " + event + "\r\n}\r\n": "\ufefftest \"t\" {\r\n  " + event + "\r\n  expect \"a\" {}\r\n  expect \"b\" {}\r\n}\r\n",
	} {
		files := Files{Dir: "testdata/good", Files: []File{
			{Name: "hooks.hcl", Content: []byte(hook("a", `["*"]`, "") + "\n" + hook("b", `["*"]`, "") + "\n")},
			{Name: "tests.hcl", Content: []byte(before)},
		}}
		g, ds := load(files, testInputs())
		if ds.HasErrors() {
			t.Fatal(printed(ds))
		}
		out := Rewrite(files, []Edit{{In: &g.Tests[0], Expect: []string{"a", "b"}}})
		if got := string(out.Files[1].Content); got != want {
			t.Errorf("got %q\nwant %q", got, want)
		}
		if string(out.Files[0].Content) != string(files.Files[0].Content) || out.Hash == files.Hash {
			t.Error("another file changed, or the hash did not")
		}
		if g, ds := load(out, testInputs()); ds.HasErrors() || len(g.Tests[0].Expects) != 2 {
			t.Errorf("%s: %s", out.Files[1].Content, printed(ds))
		}
	}
}

func TestRewriteKeepsACanonicalLayout(t *testing.T) {
	files := fileOf(mustFormat(t, hook("crm", `["*"]`, "")+"\ntest \"t\" {\n  event = { type = \"x\", data = {} }\n  expect \"crm\" {\n    json = {\n      a = 1\n    }\n  }\n}\n"))
	g, ds := load(files, testInputs())
	if ds.HasErrors() {
		t.Fatal(printed(ds))
	}
	e := Edit{Of: g.Tests[0].Expects[0].JSON, JSON: []byte(`{"a":1,"long":2}`), Add: []Addition{{"long", []byte("2")}}}
	got := string(Rewrite(files, []Edit{e}).Files[0].Content)
	if !strings.Contains(got, "      a    = 1\n      long = 2\n") || mustFormat(t, got) != got {
		t.Errorf("got\n%s", got)
	}
}
