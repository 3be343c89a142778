package expr

import (
	"strings"
	"testing"
)

func TestReads(t *testing.T) {
	s := NewScope(Event{ID: "e1", Type: "x", Data: []byte(`{"a": {"b": 1.50, "c d": [ "x", 2 ]}, "list": [{"n": 1}], "v": true}`)})
	for src, want := range map[string]string{
		`a.b > 1 && a.b < 3`:                       `a.b = 1.50`,
		`a["c d"][1] == 2 || missing?.x`:           `a["c d"][1] = 2; missing.x = null`,
		`lower(a["c d"][0]) + event.id`:            `a["c d"][0] = "x"; event.id = "e1"`,
		`any(list, .n > a.b)`:                      `list = [{"n":1}]; a.b = 1.50`,
		`let x = v; x && data.v`:                   `v = true; data.v = true`,
		`a[event.type]`:                            `a = {"b":1.50,"c d":["x",2]}; event.type = "x"`,
		`v ? 1 : 2`:                                `v = true`,
		`1 + 1`:                                    ``,
		`list[0].n in [1, 2] and not (v == false)`: `list[0].n = 1; v = true`,
	} {
		p, err := Compile(src, Value)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		var got []string
		for _, r := range p.Reads(s) {
			got = append(got, r.Path+" = "+string(r.JSON))
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
	p, _ := Compile(`requests["a-b"].json.tags[0] == 1`, Value)
	if got := strings.Join(p.Reads(s)[0].Steps, " "); got != "requests a-b json tags 0" {
		t.Errorf("steps: %s", got)
	}
}
