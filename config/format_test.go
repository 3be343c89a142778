package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func mustFormat(t testing.TB, text string) string {
	t.Helper()
	out, ds := format(File{Name: "postern.hcl", Content: []byte(text)})
	if len(ds) > 0 {
		t.Fatalf("Format: %s", printed(ds))
	}
	return string(out)
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return names
}

func TestFormatIsCanonical(t *testing.T) {
	for _, name := range glob(t, "testdata/format/*.hcl") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text := readTest(t, name)
			got := mustFormat(t, text)
			golden(t, strings.TrimSuffix(name, ".hcl")+".want", got)
			checkFormatted(t, text, got)
			// Neither the ends of lines nor a byte order mark make a difference.
			if !strings.Contains(text, "<<") {
				if windows := mustFormat(t, "\ufeff"+strings.ReplaceAll(text, "\n", "\r\n")); windows != got {
					t.Errorf("with Windows lines:\n%s", cmp.Diff(got, windows))
				}
			}
		})
	}
}

func TestFormatOfNextToNothing(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "",
		"\n \n\t\n":         "",
		"\ufeff":            "",
		"#":                 "#\n",
		"  # c":             "# c\n",
		"a {}":              "a {}\n",
		"a{\n\n\n}":         "a {\n}\n",
		"a {\n\n# c\n\n}\n": "a {\n  # c\n}\n",
	} {
		if got := mustFormat(t, in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// What is sent must stay what it is, to the byte.
func TestFormatKeepsTheLinesOfAHeredoc(t *testing.T) {
	got := mustFormat(t, "a=<<EOT\r\n  x  \r\nEOT\r\nb=1 # c \r\n")
	if want := "a = <<EOT\r\n  x  \r\nEOT\nb = 1 # c\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFormatRefusesWhatLoadCantParse(t *testing.T) {
	for name, text := range map[string]string{
		"syntax":   readTest(t, "testdata/bad/syntax-missing-brace.hcl"),
		"string":   readTest(t, "testdata/bad/syntax-unterminated-string.hcl"),
		"brackets": "a = " + strings.Repeat("[", 60000),
		"size":     strings.Repeat("# comment\n", 200000),
		"bytes":    "a = \"\xff\"",
		"twice":    readTest(t, "testdata/bad/duplicate-attribute.hcl"),
	} {
		got, ds := Format(File{Name: "postern.hcl", Content: []byte(text)})
		_, want := Load(fileOf(text), testInputs())
		if got != nil || !ds.HasErrors() {
			t.Errorf("%s: got %q and %d problems", name, got, len(ds))
		}
		for _, d := range ds {
			if !slices.Contains(want, d) {
				t.Errorf("%s: Load doesn't say %v", name, d)
			}
		}
	}
}

func TestFormatRefusesToMakeAFileThatLoadRefuses(t *testing.T) {
	const depth = 50
	text := "locals {\n" + strings.Repeat("a={\n", depth) + strings.Repeat("x=1\n", maxBytes/(2*depth)) + strings.Repeat("}\n", depth) + "}\n"
	got, ds := format(File{Name: "postern.hcl", Content: []byte(text)})
	if got != nil {
		t.Errorf("%d bytes become %d", len(text), len(got))
	}
	golden(t, "testdata/format/too-large.want", printed(ds))
}

func TestAMistakeInFormattingIsTold(t *testing.T) {
	golden(t, "testdata/format/mistake.want", printed(cantFormat("a\x1b.hcl", "the result would mean something else")))
}

func TestFormatTakesWhatHasOtherMistakes(t *testing.T) {
	if got := mustFormat(t, "webhok \"x\" {\nunknown=1\n}"); got != "webhok \"x\" {\n  unknown = 1\n}\n" {
		t.Errorf("got %q", got)
	}
}

// Our own files are as we would have those of others.
func TestOurOwnFilesAreFormatted(t *testing.T) {
	for _, pattern := range []string{"testdata/good/*.hcl", "../examples/*/*.hcl", "../examples/*/*/*.hcl", "../cli/*.hcl.tmpl"} {
		for _, name := range glob(t, pattern) {
			checkCanonical(t, name, readTest(t, name))
		}
	}
	fence := regexp.MustCompile("(?ms)^```hcl(?: fragment)?\n(.*?)^```")
	for _, page := range append(glob(t, "../docs/*.md"), "../README.md") {
		for _, block := range fence.FindAllStringSubmatch(readTest(t, page), -1) {
			checkCanonical(t, page, block[1])
		}
	}
}

func checkCanonical(t *testing.T, name, text string) {
	t.Helper()
	if got := mustFormat(t, text); got != text {
		if *update && !strings.HasSuffix(name, ".md") {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("%s is not formatted:\n%s", name, cmp.Diff(text, got))
	}
}

// checkFormatted compares a file before and after, by means that the formatter
// does not use: the syntax tree, the comments, and what Load makes of it.
func checkFormatted(t *testing.T, before, after string) {
	t.Helper()
	if again := mustFormat(t, after); again != after {
		t.Errorf("formatted twice it differs:\n%s", cmp.Diff(after, again))
	}
	if diff := cmp.Diff(outline(t, before), outline(t, after)); diff != "" {
		t.Errorf("the meaning changed:\n%s\nin\n%s", diff, after)
	}
	if diff := cmp.Diff(comments(before), comments(after)); diff != "" {
		t.Errorf("the comments changed:\n%s\nin\n%s", diff, after)
	}
	g, _ := load(fileOf(before), testInputs())
	h, _ := load(fileOf(after), testInputs())
	if (g == nil) != (h == nil) || g != nil && !cmp.Equal(g.match.digests, h.match.digests) {
		t.Errorf("Load makes something else of\n%s", after)
	}
	for line := range strings.Lines(after) {
		if !strings.Contains(after, "<<") && !strings.Contains(after, "/*") && strings.TrimRight(line, " \t\r\n")+"\n" != line {
			t.Errorf("spaces at the end of %q", line)
		}
	}
}

// outline is the tree of a file without places.
func outline(t *testing.T, text string) []string {
	t.Helper()
	f, diags := hclsyntax.ParseConfig(bytes.TrimPrefix([]byte(text), []byte("\ufeff")), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, text)
	}
	var o outliner
	o.body(f.Body.(*hclsyntax.Body))
	return o
}

type outliner []string

func (o *outliner) say(format string, args ...any) { *o = append(*o, fmt.Sprintf(format, args...)) }

func (o *outliner) body(b *hclsyntax.Body) {
	for _, a := range inOrder(b.Attributes) {
		o.say("%s =", a.Name)
		_ = hclsyntax.Walk(a.Expr, o) // it has no diagnostics of its own
	}
	for _, inner := range b.Blocks {
		o.say("%s %q {", inner.Type, inner.Labels)
		o.body(inner.Body)
		o.say("}")
	}
}

func (o *outliner) Enter(n hclsyntax.Node) hcl.Diagnostics {
	o.say("%T", n)
	switch n := n.(type) {
	case *hclsyntax.LiteralValueExpr:
		o.say("%#v", n.Val)
	case *hclsyntax.ScopeTraversalExpr:
		o.steps(n.Traversal)
	case *hclsyntax.RelativeTraversalExpr:
		o.steps(n.Traversal)
	case *hclsyntax.FunctionCallExpr:
		o.say("%s %t", n.Name, n.ExpandFinal)
	case *hclsyntax.BinaryOpExpr:
		o.say("%p", n.Op)
	case *hclsyntax.UnaryOpExpr:
		o.say("%p", n.Op)
	case *hclsyntax.ForExpr:
		o.say("%s %s %t", n.KeyVar, n.ValVar, n.Group)
	}
	return nil
}

func (o *outliner) Exit(hclsyntax.Node) hcl.Diagnostics {
	o.say("end")
	return nil
}

func (o *outliner) steps(t hcl.Traversal) {
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			o.say("%s", step.Name)
		case hcl.TraverseAttr:
			o.say(".%s", step.Name)
		case hcl.TraverseIndex:
			o.say("[%#v]", step.Key)
		default:
			o.say("%T", step)
		}
	}
}

// comments are those of a file in order, without the space around them.
func comments(text string) (all []string) {
	tokens, _ := hclsyntax.LexConfig(bytes.TrimPrefix([]byte(text), []byte("\ufeff")), "", hcl.InitialPos)
	for _, tok := range tokens {
		if tok.Type == hclsyntax.TokenComment {
			all = append(all, strings.TrimSpace(strings.ReplaceAll(string(tok.Bytes), "\r\n", "\n")))
		}
	}
	return all
}

// Whatever is written, formatting it changes nothing but its layout, and does
// nothing more the second time.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.hcl", "testdata/bad/*.hcl", "testdata/format/*.hcl", "../examples/*/*.hcl", "../examples/*/*/*.hcl", "../cli/*.hcl.tmpl"} {
		for _, name := range glob(f, pattern) {
			f.Add(readTest(f, name))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, ds := format(File{Name: "f.hcl", Content: []byte(text)})
		if (out == nil) != ds.HasErrors() {
			t.Fatalf("%d bytes with %v", len(out), ds)
		}
		if out != nil {
			checkFormatted(t, text, string(out))
		}
	})
}
