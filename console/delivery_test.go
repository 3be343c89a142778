package console

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/posternhq/postern/event"
)

func TestBodiesThatCannotStandInJSONAreBase64(t *testing.T) {
	for _, c := range []struct {
		body           string
		cut            bool
		text, encoding string
	}{
		{"", false, "", ""},
		{"plain ü", false, "plain ü", ""},
		{"cut \xc3", true, "cut ", ""},
		{"cut \xf0\x9f\x98", true, "cut ", ""},
		{"whole ü", true, "whole ü", ""},
		{"\xc3", false, "ww==", "base64"},
		{"\xff then ü\xc3", true, "/yB0aGVuIMO8ww==", "base64"},
		{"\x80\x80\x80\x80", true, "gICAgA==", "base64"},
	} {
		text, encoding := bodyText([]byte(c.body), c.cut)
		if text != c.text || encoding != c.encoding {
			t.Errorf("%q: %q %q, want %q %q", c.body, text, encoding, c.text, c.encoding)
		}
	}
}

func TestEveryClassOfTheEventPackageCanBeAskedFor(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../event/delivery.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Class" {
			return true
		}
		found++
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil || !slices.Contains(classes, event.Class(value)) {
			t.Errorf("class %s is missing", value)
		}
		return true
	})
	if found < 10 {
		t.Errorf("found %d classes", found)
	}
}

func readProblem(t *testing.T, body string) map[string]any {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Errorf("%v in %s", err, body)
	}
	return p
}
