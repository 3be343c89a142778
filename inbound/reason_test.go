package inbound

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/door"
	"github.com/posternhq/postern/internal/metrics"
)

func TestEveryReasonIsASeriesBeforeItHappens(t *testing.T) {
	m := metrics.New("test")
	url := doorAt(t, Options{Accepter: new(memory), Metrics: m})
	post(t, url+"/v1/events", []byte(`{"type": "t", "data": {}}`)) // so that it serves
	text := exposed(t, m)
	for _, reason := range declared(t, "reason.go", "../internal/door/rules.go") {
		if line := fmt.Sprintf("postern_events_rejected_total{reason=%q} 0\n", reason); !strings.Contains(text, line) {
			t.Errorf("no line %s", line)
		}
	}
}

// declared are the reasons that source files declare as constants.
func declared(t *testing.T, files ...string) (all []string) {
	t.Helper()
	constant := regexp.MustCompile(`(?m)^\t\w+ += "(\w+)"`)
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range constant.FindAllStringSubmatch(string(source), -1) {
			all = append(all, match[1])
		}
	}
	if !slices.Contains(all, reasonStopping) || !slices.Contains(all, door.BadToken) {
		t.Fatalf("these are not the declared reasons: %q", all)
	}
	return all
}
