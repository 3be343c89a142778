package outbound

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

// told is the line of docs/hostile-world.md.
func (h *hostility) told(test string) string {
	follows := "`" + string(h.class) + "`"
	if h.class == event.OK {
		follows = "delivered"
	}
	if h.status != 0 {
		follows += fmt.Sprintf(", %d", h.status)
	}
	if h.truncated {
		follows += ", body cut off"
	}
	switch {
	case h.took >= time.Second:
		follows += fmt.Sprintf(", after %s", h.took)
	case h.took > 0:
		follows += ", soon"
	}
	return fmt.Sprintf("| %s | %s | %s | `outbound.%s` |\n", h.row, h.name, follows, test)
}

// The page says what the tables say: all of it, and no more.
func TestTheHostileWorldIsTold(t *testing.T) {
	page, err := os.ReadFile("../docs/hostile-world.md")
	if err != nil {
		t.Fatal(err)
	}
	for test, rows := range map[string][]hostility{"TestHostileAnswers": hostilities(), "TestResets": hostileResets} {
		names := map[string]bool{}
		for _, h := range rows {
			if line := h.told(test); !strings.Contains(string(page), line) {
				t.Errorf("it lacks %s", line)
			}
			names[h.name] = true
		}
		if lines := strings.Count(string(page), "| `outbound."+test+"` |\n"); lines != len(rows) || len(names) != len(rows) {
			t.Errorf("%s: %d lines for %d rows with %d names", test, lines, len(rows), len(names))
		}
	}
}

// It lists every target that is forbidden.
func TestForbiddenTargetsAreTold(t *testing.T) {
	page, err := os.ReadFile("../docs/hostile-world.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range forbidden() {
		if line := f.told(); !strings.Contains(string(page), line) {
			t.Errorf("it lacks %s", line)
		}
		names[f.name] = true
	}
	if lines := strings.Count(string(page), "| `outbound.TestForbiddenTargets` |\n"); lines != len(forbidden()) || len(names) != lines {
		t.Errorf("%d lines for %d targets with %d names", lines, len(forbidden()), len(names))
	}
}
