package expr

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A docs is what stands in the fences of docs/expressions.md.
type docs struct {
	data     string
	examples [][2]string // a source, and its result or "fails: " and why
	mistakes [][2]string // a source, and what checking says of it
	answer   string      // a body
	criteria [][2]string // a source, and its result, why it fails, or what is wrong with it
}

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

func readDocs(t *testing.T) (d docs) {
	t.Helper()
	text, err := os.ReadFile("../docs/expressions.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		switch m[1] {
		case "json":
			d.data = m[2]
		case "expr":
			d.examples = append(d.examples, arrows(t, m[2])...)
		case "mistakes":
			d.mistakes = append(d.mistakes, arrows(t, m[2])...)
		case "answer":
			d.answer = m[2]
		case "criteria":
			d.criteria = append(d.criteria, arrows(t, m[2])...)
		default:
			t.Errorf("a fence of %s", m[1])
		}
	}
	return d
}

func arrows(t *testing.T, block string) (pairs [][2]string) {
	for line := range strings.Lines(block) {
		left, right, ok := strings.Cut(strings.TrimSpace(line), "→")
		if !ok {
			t.Errorf("no arrow: %s", line)
		}
		pairs = append(pairs, [2]string{strings.TrimSpace(left), strings.TrimSpace(right)})
	}
	return pairs
}

func TestDocsYieldWhatTheySay(t *testing.T) {
	d := readDocs(t)
	if len(d.examples) < 120 || len(d.mistakes) < 9 {
		t.Fatalf("%d examples, %d mistakes", len(d.examples), len(d.mistakes))
	}
	s := mustSample(t, d.data)
	for _, c := range d.examples {
		p := mustCompile(t, c[0], Value)
		out, err := p.AppendJSON(nil, NewScopeWithin(newScope(d.data).e, Budget{Clock: stopped}))
		got := string(out)
		if err != nil {
			got = "fails: " + err.Error()
			if why, ok := strings.CutPrefix(c[1], "fails: "); ok && strings.HasPrefix(err.Error(), why+", ") {
				got = c[1]
			}
		}
		if diff := cmp.Diff(c[1], got); diff != "" {
			t.Errorf("%s: %s", c[0], diff)
		}
		checkAgrees(t, c[0], p, s, d.data, Value, Bool, Scalar)
	}
	for _, c := range d.mistakes {
		if diff := cmp.Diff([]string{c[1]}, mistakes(c[0], mustCompile(t, c[0], Value).Check(s, Value))); diff != "" {
			t.Errorf("%s: %s", c[0], diff)
		}
	}
}

func TestDocsJudgeAsTheySay(t *testing.T) {
	d := readDocs(t)
	if len(d.criteria) < 9 {
		t.Fatalf("%d criteria", len(d.criteria))
	}
	a := Answer{Status: 200, Headers: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(d.answer)}
	for _, c := range d.criteria {
		if diff := cmp.Diff(c[1], judged(t, c[0], a)); diff != "" {
			t.Errorf("%s: %s", c[0], diff)
		}
	}
}

func judged(t *testing.T, src string, a Answer) string {
	c, err := CompileCriterion(src)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		return mistakes(src, []*Error{e})[0]
	}
	met, err := c.Met(a)
	if err != nil {
		return "fails: " + err.Error()
	}
	return strconv.FormatBool(met)
}

func TestDocsShowEveryFunction(t *testing.T) {
	var text string
	for _, c := range readDocs(t).examples {
		text += c[0] + "\n"
	}
	for _, name := range functionNames() {
		if !regexp.MustCompile(`(^|[^\w.])` + name + `\(`).MatchString(text) {
			t.Errorf("%s has no example", name)
		}
	}
	doc, err := os.ReadFile("../docs/expressions.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, names := range methods {
		for _, name := range names {
			if !slices.Contains(strings.FieldsFunc(string(doc), func(r rune) bool { return r == '`' }), name) {
				t.Errorf("the method %s is not named", name)
			}
		}
	}
}
