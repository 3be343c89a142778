package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// untold are sentences in the source of this package that no diagnostic of a
// configuration can hold, each with the reason.
var untold = map[string]string{
	"config: not a fixed value: …":                  "a panic, which Load tells of in other words",
	"it is a symlink to a file that does not exist": "a mark for complain, which finds the words",
	"no severity is …":                              "about an agent's answer, not a configuration",
	"config: the table has no …":                    "a panic, which Load tells of in other words",
	"One configuration in the JSON form of HCL: blocks are objects by type and label, and what is no fixed value is a template such as ${env(\"NAME\")}.": inSchema,
	"A value that is worked out.":                                   inSchema,
	"Null is as if it were not written.":                            inSchema,
	"Its value is one `expr(\"…\")`.":                               inSchema,
	"`expr(\"…\")` may stand in it, as a whole text or within one.": inSchema,
	"`expr(\"…\")` may stand in it at any depth.":                   inSchema,
}

const inSchema = "of the JSON Schema, which has a golden of its own"

// Every sentence that this package can say stands in a golden file.
func TestEverySentenceHasAGolden(t *testing.T) {
	goldens := allGoldens(t)
	for _, s := range sentences(t) {
		if !s.pattern.MatchString(goldens) {
			t.Errorf("%s: no golden file says %s", s.at, s.pattern)
		}
	}
}

func allGoldens(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("testdata", func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".want" {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all.WriteString(readTest(t, "../docs/configuration.md")) // the reference is made by this package
	return all.String()
}

// What is wrong is a sentence, and so is what to do. Words that are put in whole
// ("%s") are looked at where they come from.
func TestDiagnosticsAreSentences(t *testing.T) {
	for at, summary := range summaries(t) {
		if !strings.HasSuffix(summary, ".") && !strings.HasSuffix(summary, anything) {
			t.Errorf("%s: %q does not end as a sentence does", at, summary)
		}
	}
}

// summaries are the formats of fail and warn, and the first words of a fault.
func summaries(t *testing.T) map[token.Position]string {
	found := map[token.Position]string{}
	inspect(t, func(at token.Position, n ast.Node) bool {
		var e ast.Expr
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "fail" || f.Sel.Name == "warn") && len(n.Args) > 2 {
				e = n.Args[2]
			}
		case *ast.CompositeLit:
			if name, ok := n.Type.(*ast.Ident); ok && name.Name == "fault" {
				e = n.Elts[0]
			}
		}
		if call, ok := e.(*ast.CallExpr); ok { // of fmt.Sprintf
			e = call.Args[0]
		}
		if text, whole := pattern(e); whole {
			found[at] = text
		}
		return true
	})
	if len(found) < 100 {
		t.Fatalf("only %d diagnostics were found", len(found))
	}
	return found
}

type said struct {
	at      token.Position
	pattern *regexp.Regexp
}

// sentences finds them in the source: texts with a space that end as sentences
// do, and what errors are made of.
func sentences(t *testing.T) (found []said) {
	inspect(t, func(at token.Position, n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		if text, whole := pattern(e); whole {
			if isSentence(text) && !excused(text) {
				found = append(found, said{at, compile(text)})
			}
			return false
		}
		if call, ok := e.(*ast.CallExpr); ok && makesError(call) {
			if text, _ := pattern(call.Args[0]); !excused(text) {
				found = append(found, said{at, compile(text)})
			}
			return false
		}
		return true
	})
	if len(found) < 300 {
		t.Fatalf("only %d sentences were found", len(found))
	}
	return found
}

// inspect walks the source of this package.
func inspect(t *testing.T, visit func(token.Position, ast.Node) bool) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { return n != nil && visit(set.Position(n.Pos()), n) })
	}
}

const anything = "\x00" // stands for what is filled in

// pattern is a text as it stands in the source; whole tells that e is one.
func pattern(e ast.Expr) (text string, whole bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, err := strconv.Unquote(e.Value)
			return verb.ReplaceAllString(text, anything), err == nil
		}
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		left, hasLeft := pattern(e.X)
		right, hasRight := pattern(e.Y)
		if !hasLeft {
			left = anything
		}
		if !hasRight {
			right = anything
		}
		return left + right, hasLeft || hasRight
	}
	return "", false
}

var verb = regexp.MustCompile(`%[.\d]*[a-zA-Z]`)

func compile(text string) *regexp.Regexp {
	parts := strings.Split(text, anything)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("(?i)" + strings.Join(parts, ".*"))
}

func isSentence(text string) bool {
	words := strings.Trim(text, anything+" ")
	return strings.Contains(words, " ") && strings.ContainsAny(text[len(text)-1:], ".?…"+anything)
}

func excused(text string) bool { return untold[strings.ReplaceAll(text, anything, "…")] != "" }

func makesError(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	from, _ := f.X.(*ast.Ident)
	return from != nil && slices.Contains([]string{"errors.New", "fmt.Errorf"}, from.Name+"."+f.Sel.Name)
}
