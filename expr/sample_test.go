package expr

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSamplesAreObjects(t *testing.T) {
	for _, data := range []string{``, `[1]`, `"x"`, `null`, `{"a"`, `{} {}`, `{"a":1 "b":2}`} {
		if _, err := NewSample([]byte(data)); err == nil {
			t.Errorf("%s: taken", data)
		}
	}
}

func pathsOf(s *Sample) (paths []string) {
	for path, value := range s.Paths() {
		paths = append(paths, path+" = "+string(value))
	}
	return paths
}

func TestPaths(t *testing.T) {
	s := mustSample(t, ` { "b": {"email": "x@y", "n": [ ]}, "a" : 1.50, "First name":{"in":true},"items":[{"sku" : "s"},{"other":1}],
		"let": null, "event": {"x":1}, "data": "d", "$env": 1, "q\"\u00e9": [[2]], "$id": 0 }`)
	want := strings.Split(`b = {"email":"x@y","n":[]}
b.email = "x@y"
b.n = []
a = 1.50
data["First name"] = {"in":true}
data["First name"].in = true
items = [{"sku":"s"},{"other":1}]
items[0] = {"sku":"s"}
items[0].sku = "s"
data.let = null
data.event = {"x":1}
data.event.x = 1
data.data = "d"
data.$env = 1
data["q\"é"] = [[2]]
data["q\"é"][0] = [2]
data["q\"é"][0][0] = 2
$id = 0`, "\n")
	if diff := cmp.Diff(want, pathsOf(s)); diff != "" {
		t.Error(diff)
	}
	for path := range s.Paths() {
		if path == "a" {
			break // a loop may end early
		}
	}
	if got := pathsOf(mustSample(t, ` {} `)); got != nil {
		t.Errorf("paths of nothing: %v", got)
	}
}

// checkPaths compiles every path: it is one, passes, leads to its value, and
// reads itself.
func checkPaths(t *testing.T, data string) {
	t.Helper()
	s := mustSample(t, data)
	for path, value := range s.Paths() {
		if len(path) > maxSource {
			continue
		}
		p := mustCompile(t, path, Value)
		if got := result(t, path, data); got != string(value) || p.path == nil {
			t.Errorf("%s leads to %s, not to %s", path, got, value)
		}
		if errs := p.Check(s, Value); errs != nil {
			t.Errorf("%s: %v", path, mistakes(path, errs))
		}
		if diff := cmp.Diff([]string{path}, p.Reads()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPathsAreExpressions(t *testing.T) {
	for _, data := range objects(t) {
		checkPaths(t, data)
	}
	names := []string{"", " ", "a b", "\n", "\"", "\\", "\x1b", "\u2028", "é", "🙂", "1a", "a-b", "true", "nil", "not", "data", "event", "$env", "$", "#", "if", "matches", "len", "now"}
	object := map[string]any{}
	for _, name := range names {
		object[name] = map[string]any{name: 1}
	}
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	checkPaths(t, string(data))
	if got := len(slices.Collect(func(yield func(string) bool) {
		for path := range mustSample(t, string(data)).Paths() {
			yield(path)
		}
	})); got != 2*len(names) {
		t.Errorf("%d paths of %d names", got, len(names))
	}
}

func FuzzPathsAreExpressions(f *testing.F) {
	f.Add(sample)
	f.Add(`{"a\u0062":{"":[1,[],{},"\"",-0.0e+1,null]},"ä":"\\\"","x":[[[]]]}`)
	f.Fuzz(func(t *testing.T, data string) {
		if fromTheDoor([]byte(data)) && strings.HasPrefix(strings.TrimSpace(data), "{") {
			checkPaths(t, data)
		}
	})
}
