package inbound

import (
	"strings"
	"testing"
	"time"
)

func TestReadFollowsTheRulesOfTheDoor(t *testing.T) {
	now := time.Unix(1, 0)
	for _, tt := range []struct {
		body, typ string
		want      string // types and data, or the error's beginning
	}{
		{`{"type": "a", "id": "x", "data": {"b":1.50}}`, "", `a {"b":1.50}`},
		{`[{"type": "a", "data": {}}, {"type": "b", "data": {}}]`, "", "a {} b {}"},
		{`{"b": 1}`, "Prize Won", `Prize Won {"b": 1}`},
		{`{` + core + `,"data":{"b":1.50}}`, "", `com.example.someevent {"b":1.50}`},
		{`[{` + core + `},{` + core + `,"data":1}]`, "", `com.example.someevent {} com.example.someevent {"data":1}`},
		{`{"specversion":"1.0"}`, "", "error: "},
		{`{"specversion":"1.0"}`, "a", `a {"specversion":"1.0"}`},
		{`{"type": "a", "data": []}`, "", "error: "},
		{`{"typ": "a", "data": {}}`, "", "error: "},
		{`{`, "", "error: "},
		{``, "", "error: "},
	} {
		events, err := Read([]byte(tt.body), tt.typ, now)
		var got []string
		for _, e := range events {
			got = append(got, e.Type+" "+string(e.Data))
			if e.ID == "" || !e.Accepted.Equal(now) {
				t.Errorf("%s: %+v", tt.body, e)
			}
		}
		text := strings.Join(got, " ")
		if err != nil {
			text = "error: " + err.Error()
		}
		if text != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(text, tt.want) && len(text) > len(tt.want)) {
			t.Errorf("%s: %s, want %s", tt.body, text, tt.want)
		}
	}
}
