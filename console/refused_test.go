package console

import (
	"encoding/json"
	"testing"
)

func TestFirstErrorOfARejectedConfiguration(t *testing.T) {
	for rejected, want := range map[string]string{
		`null`: "the configuration on disk is not in force",
		``:     "the configuration on disk is not in force",
		`[{"severity":"error","summary":"Bad."}]`:                                                         "Bad.",
		`[{"severity":"warning","summary":"W."},{"severity":"error","summary":"B.","file":"f","line":2}]`: "f:2: B.",
		`[{"severity":"error","summary":"B.","file":"f","line":0},{"severity":"error","summary":"C."}]`:   "f: B. (and 1 more)",
	} {
		r := ConfigStatus{LastReload: "rejected", Rejected: json.RawMessage(rejected)}.Refused()
		if r == nil || r.String() != want {
			t.Errorf("%s: %v, want %s", rejected, r, want)
		}
	}
	if r := (ConfigStatus{LastReload: "ok"}).Refused(); r != nil {
		t.Errorf("in force: %v", r)
	}
}
