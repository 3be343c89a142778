package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestHostileTextIsRefusedBeforeItIsParsed(t *testing.T) {
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	tests := map[string]struct{ text, want string }{
		"brackets":              {"a = " + many("[", 60000), "nested deeper than 64"},
		"braces":                {many("a {\n", 60000), "nested deeper than 64"},
		"parentheses":           {"a = " + many("(", 60000), "nested deeper than 64"},
		"templates":             {"a = " + many(`"${`, 60000), "nested deeper than 64"},
		"mixed":                 {"a = " + many("[{a=(", 30000), "nested deeper than 64"},
		"closers of others":     {"a = " + many("[)", 60000), "nested deeper than 64"},
		"too many to count":     {"a = [" + many("[],", 200001) + "]", "words and signs; at most 300000"},
		"bangs":                 {"a = " + many("!", 60000) + "true", "more than 100 operators"},
		"minuses":               {"a = " + many("-", 60000) + "1", "more than 100 operators"},
		"sums":                  {"a = 1" + many("+1", 60000), "more than 100 operators"},
		"sums over lines":       {"a = (1" + many("\n+1", 60000) + ")", "more than 100 operators"},
		"conditions":            {"a = " + many("true ? 1 : ", 50000) + "1", "more than 100 operators"},
		"indexes":               {"a = [1]" + many("[0]", 60000), "more than 100 operators"},
		"splats":                {"a = b" + many(".*", 60000), "more than 100 operators"},
		"directives":            {"a = \"" + many("%{if true}", 30000), "more than 100 operators"},
		"numbers":               {"a = 1e999999999", "out of range"},
		"long numbers":          {"a = " + many("9", 5000), "out of range"},
		"two megabytes":         {many("# comment\n", 200000), "The configuration has 1.9 MiB; at most 1.0 MiB"},
		"not UTF-8":             {"# é\na = \"\xff\"", "postern.hcl:2:6: error: The file is not valid UTF-8."},
		"NUL":                   {"a = \"\x00\"", "postern.hcl:1:6: error: The file holds a NUL byte."},
		"an endless heredoc":    {"a = <<EOT\n" + many("x\n", 100000), "more than 2000 lines"},
		"a text of many pieces": {"a = \"" + many("$ ", 100000), "more than 2000 lines"},
		"nothing but quotes":    {many(`"`, 500000), "error:"},
		"one long line":         {"a = " + many("x ", 400000), "error:"},
	}
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		tt := tests[name]
		t.Run(name, func(t *testing.T) {
			g, ds := load(fileOf(tt.text), testInputs())
			got := printed(ds)
			fmt.Fprintf(&all, "# %s\n%s", name, printed(ds[:1]))
			if g != nil || !strings.Contains(got, tt.want) {
				t.Errorf("got %.300s, want %q", got, tt.want)
			}
			if len(got) > 4<<20 {
				t.Errorf("%d bytes of diagnostics", len(got))
			}
		})
	}
	golden(t, "testdata/hostile.want", all.String())
}

func TestDeepButLegalNestingLoads(t *testing.T) {
	deep := strings.Repeat("[", 60) + "1" + strings.Repeat("]", 60)
	mustLoad(t, withPayload("{ a = "+deep+" }", ""))
}

func TestByteOrderMarkAndWindowsLinesAreFine(t *testing.T) {
	text := strings.ReplaceAll(withPayload(`{ a = expr("contact.email") }`, ""), "\n", "\r\n")
	g := mustLoad(t, "\ufeff"+text)
	if got := render(t, g); got != `{"a":"user@example.com"}` {
		t.Errorf("got %s", got)
	}
	_, ds := load(fileOf("\ufeffwebhok \"x\" {\r\n}\r\n"), testInputs())
	if got := ds[0].String(); !strings.HasPrefix(got, "postern.hcl:1:1:") {
		t.Errorf("got %s", got)
	}
}

func TestWebhooksAreCounted(t *testing.T) {
	_, ds := load(fileOf(manyWebhooks(maxWebhooks+1)), testInputs())
	golden(t, "testdata/too-many-webhooks.want", printed(ds))
}

// A reload must survive what HCL's own code does not.
func TestPanicsAreDiagnostics(t *testing.T) {
	in := testInputs()
	in.Env = func(name string) (string, bool) {
		if name == "STATE_DIRECTORY" || name == "BOOM" {
			panic("canary-of-a-panic")
		}
		return "", false
	}
	g, ds := Load(fileOf(""), in)
	told := regexp.MustCompile(`\.go:\d+`).ReplaceAllString(printed(ds), ".go:LINE")
	if g != nil || strings.Contains(told, "canary") {
		t.Errorf("got %v, %s", g, told)
	}
	golden(t, "testdata/panic.want", told)
	l := newLoader(Files{}, in)
	if n := l.fold(parseExpr(t, `env("BOOM")`)); n != nil || l.list[0].summary != "The function env can't work on these values." {
		t.Errorf("got %v, %v", n, l.list)
	}
}

func parseExpr(t *testing.T, text string) hclsyntax.Expression {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(text), "e.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return e
}

func manyWebhooks(n int) string {
	var b strings.Builder
	b.WriteString("event \"contact.subscribed\" {\n  sample = { contact = { email = \"a\", id = 1 } }\n}\n")
	b.WriteString("mapping \"m\" {\n  fields = { email = expr(\"contact.email\"), source = \"webhook\" }\n}\n")
	for i := range n {
		fmt.Fprintf(&b, `webhook "w%d" {
  url     = "https://h%d.example.com/${env("PD_KEY")}/${expr("contact.id")}"
  events  = ["contact.subscribed"]
  filter  = expr("contact.id > %d")
  secret  = env("CRM_WEBHOOK_SECRET")
  payload = merge(mapping.m, { id = expr("contact.id + %d"), n = %d })
  headers = { "X-N" = "n %d" }
}
`, i, i, i, i, i, i)
	}
	return b.String()
}

func BenchmarkLoad1000(b *testing.B) {
	files := fileOf(manyWebhooks(maxWebhooks))
	b.SetBytes(int64(len(files.Files[0].Content)))
	b.ReportAllocs()
	for b.Loop() {
		if g, ds := Load(files, testInputs()); g == nil {
			b.Fatal(ds)
		}
	}
}

func TestDiagnosticsAreBoundedInNumber(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "unknown%d {}\n", i)
	}
	_, ds := load(fileOf(b.String()), testInputs())
	if len(ds) != maxProblems+1 {
		t.Errorf("%d diagnostics", len(ds))
	}
	golden(t, "testdata/too-many-problems.want", printed(ds[len(ds)-1:]))
}
