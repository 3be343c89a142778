package expr

import (
	"bytes"
	stdjson "encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// What is checked against a sample runs untyped: on the sample itself a program
// without a mistake never fails for a kind.

// forKinds tells of a failure that is for the kind of a value.
var forKinds = regexp.MustCompile(`^(payload.*: )?(.* wants .*, not |.* and .* can't be |.* has no method |.* where .* is wanted|.* works on .*, not on |.* does not work on |in looks into |.* can't be written)`)

// forIntegers tells of one that is for a number that has to be an integer: to a
// sample, numbers are of one kind.
var forIntegers = regexp.MustCompile(`not (on )?a number( and a number)?, (at|in) `)

func failsForAKind(err error) bool {
	return err != nil && forKinds.MatchString(err.Error()) && !forIntegers.MatchString(err.Error())
}

// opaque tells of a source that takes values whose kind no sample says.
func opaque(t testing.TB, src string) bool {
	tree, err := parser.ParseWithConfig(src, newLanguage())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	var look func(n ast.Node)
	look = func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallNode:
			callee, ok := n.Callee.(*ast.IdentifierNode)
			found = found || ok && slices.Contains([]string{"fromJSON", "toPairs", "get"}, callee.Value)
		case *ast.BuiltinNode:
			found = found || n.Name == "reduce" || slices.Contains([]string{"fromJSON", "toPairs", "get"}, n.Name) // also as ::name()
		case *ast.MemberNode:
			_, constant := stepOf(n.Property)
			found = found || !constant
		}
		children(n, func(child *ast.Node) { look(*child) })
	}
	look(tree.Node)
	return found
}

// checkAgrees runs a program on the sample that it was checked against.
func checkAgrees(t testing.TB, src string, p *Program, s *Sample, data string, kinds ...Kind) (passed bool) {
	t.Helper()
	for _, kind := range kinds {
		errs := p.Check(s, kind)
		for _, e := range errs {
			if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(src) || e.Message == "" {
				t.Errorf("%s: place %d+%d, message %q", src, e.Offset, e.Length, e.Message)
			}
		}
		if len(errs) > 0 || opaque(t, src) {
			continue
		}
		passed = true
		scope := NewScopeWithin(newScope(data).e, Budget{Steps: 20_000, Clock: stopped})
		var err error
		switch kind {
		case Bool:
			_, err = p.Bool(scope)
		case Scalar:
			_, _, err = p.Text(scope)
		default:
			_, err = p.AppendJSON(nil, scope)
		}
		if failsForAKind(err) || err != nil && strings.Contains(err.Error(), " yields ") {
			t.Errorf("%s passes, and then: %v", src, err)
		}
	}
	return passed
}

// objects are the events that are JSON objects.
func objects(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../event/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
			all[filepath.Base(file)] = string(data)
		}
	}
	if len(all) != 24 {
		t.Fatalf("%d objects", len(all))
	}
	return all
}

// uses are what is done to a path P and another one, Q.
var uses = strings.Split(strings.TrimSpace(`
P ?? "none"
P == Q
P != nil
P + Q
P + 1
P - 1
P * 2 / 3 % 4
-P
P > Q
P < 10 and true
not P
P ? 1 : "a"
P in [1, "a"]
Q in P
"a" in P
P contains "a"
P matches "^a"
P startsWith Q
P[1:2]
P[0]
P[-1].id
P.id
P?.id ?? 1
1..P
upper(P)
trim(P, "x")
len(P)
string(P)
json(P)
int(P)
float(P)
round(P)
fixed(P, 2)
max(P, 1)
mean(P)
split(P, ",")[0]
join(P, ",")
replace(P, "a", "b")
repeat(P, 2)
first(P)
last(P).id
sort(P)
reverse(P)
uniq(P)
flatten(P)
concat(P, Q)
keys(P)
values(P)
map(P, #)
map(P, .id)
map(P, .price + 1)
filter(P, .id != nil)
map(filter(P, .name != nil), upper(.name))
find(P, .id == 1)?.name
any(P, .quantity > 1)
count(P, true)
sum(P)
sum(P, .quantity)
sortBy(P, .id)
groupBy(P, .sku)
date(P).Year()
sha256(P)
hmac_sha256(P, Q)
mask_email(P)
digits(P)
P != nil and P > 1
P != nil ? upper(P) : ""
P == nil or len(P) > 2
let p = P; p ?? Q
{"a": P, (Q): 1}
[P, Q][0] + 1
type(P)
(P ?? "") + "x"
`), "\n")

func TestCheckedAndRunAgreeOnRealEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long with -race, which finds nothing on one goroutine")
	}
	passed, failed := 0, 0
	for file, data := range objects(t) {
		s := mustSample(t, data)
		var paths []string
		leaves(t, nil, []byte(data), func(steps []step, _ stdjson.RawMessage) {
			src := "data"
			for _, s := range steps {
				src += s.String()
			}
			paths = append(paths, src)
		})
		for i, p := range paths {
			q := paths[(i*7+3)%len(paths)]
			if errs := mustCompile(t, p, Value).Check(s, Value); errs != nil {
				t.Errorf("%s: %s: %v", file, p, mistakes(p, errs))
			}
			for j, use := range uses {
				if (i+j)%4 != 0 {
					continue
				}
				src := strings.NewReplacer("P", p, "Q", q).Replace(use)
				if strings.Contains(use, "let p") {
					src = "let p = " + p + "; p ?? " + q
				}
				compiled, err := Compile(src, Value)
				if err != nil {
					continue
				}
				if checkAgrees(t, src, compiled, s, data, Kind(j%3)) {
					passed++
				} else {
					failed++
				}
			}
		}
	}
	if passed < 1000 || failed < 1000 {
		t.Errorf("%d passed, %d did not", passed, failed)
	}
}

// TestCheckedAndRunAgreeOnOurSources takes what stands in examples, documents and
// our own tests.
func TestCheckedAndRunAgreeOnOurSources(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long with -race, which finds nothing on one goroutine")
	}
	samples := map[string]*Sample{}
	for _, data := range objects(t) {
		samples[data] = mustSample(t, data)
	}
	sources := 0
	for _, src := range ownSources(t) {
		p, err := Compile(src, Value)
		if err != nil {
			continue // an example of a mistake
		}
		sources++
		checkAgrees(t, src, p, mustSample(t, sample), sample, Value, Bool, Scalar)
		for data, s := range samples {
			checkAgrees(t, src, p, s, data, Value)
		}
	}
	if sources < 500 {
		t.Errorf("only %d sources", sources)
	}
}

var (
	exprCall = regexp.MustCompile(`expr\("((?:[^"\\]|\\.)*)"\)`)
	quoted   = regexp.MustCompile("`([^`]+)`")
)

// ownSources are the arguments of expr("…") in examples, documents and stories,
// and what stands between backquotes here and in the documents.
func ownSources(t testing.TB) []string {
	t.Helper()
	var sources []string
	for _, pattern := range []string{"../examples/*/*.hcl", "../examples/*/*/*.hcl", "../docs/*.md", "../README.md", "../cli/testdata/*/*.txtar", "../cli/testdata/*.txtar", "../config/*_test.go", "*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range exprCall.FindAllStringSubmatch(string(text), -1) {
				if src, err := strconv.Unquote(`"` + m[1] + `"`); err == nil {
					sources = append(sources, src)
				}
			}
			for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
				sources = append(sources, m[1])
			}
		}
	}
	slices.Sort(sources)
	return slices.Compact(sources)
}

func FuzzCheckedAndRunAgree(f *testing.F) {
	for _, use := range uses {
		f.Add(strings.NewReplacer("P", "contact.email", "Q", "items").Replace(use), sample)
		f.Add(strings.NewReplacer("P", "items", "Q", "contact.age").Replace(use), sample)
	}
	f.Add(`map(xs, .a ?? .b)`, `{"xs":[{"a":1},{"b":[null,{}]}]}`)
	f.Fuzz(func(t *testing.T, src, data string) {
		if !fromTheDoor([]byte(data)) || !strings.HasPrefix(strings.TrimSpace(data), "{") {
			return
		}
		p, err := Compile(src, Value)
		if err != nil {
			return
		}
		s, err := NewSample([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		checkAgrees(t, src, p, s, data, Value, Bool, Scalar)
	})
}
