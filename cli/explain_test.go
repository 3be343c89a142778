package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/posternhq/postern/dryrun"
)

// What is long is cut in the table, for the request below it has all; what went
// wrong is not.
func TestALongValueLeavesTheTableInSight(t *testing.T) {
	long := "https://hooks.example.com/" + strings.Repeat("a", 200)
	wrong := strings.Repeat("wrong ", 20)
	var out bytes.Buffer
	(&session{out: &out}).printExplanation(&dryrun.Explanation{
		Fields: []dryrun.Field{
			{Name: "url", Source: `"` + long + `${expr("x")}"`, Place: "a.hcl:1:1", Value: json.RawMessage(`"` + long + `"`)},
			{Name: "payload.a", Source: `expr("x")`, Place: "a.hcl:2:1", Error: wrong},
		},
		Request: &dryrun.Request{URL: long},
	})
	table, request, _ := strings.Cut(out.String(), "\n\n")
	if row := strings.Split(table, "\n")[2]; strings.Count(row, "…") != 2 || !strings.HasSuffix(row, "a.hcl:1:1") {
		t.Errorf("the table has %q", row)
	}
	if !strings.Contains(table, wrong) || !strings.Contains(request, long) {
		t.Errorf("something is lost in\n%s", &out)
	}
}
