package inbound

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// told is the line of docs/hostile-world.md.
func (b *badEvent) told(name string) string {
	row := "E01"
	switch b.reason {
	case reasonTooLarge:
		row = "E03"
	case reasonDuplicateKey, reasonUTF8:
		row = "E05"
	case reasonDepth:
		row = "E06"
	}
	return fmt.Sprintf("| %s | %s | %d, `%s` | `inbound.TestBadEvents` |\n", row, name, b.status, b.reason)
}

// The page says what the table says: all of it, and no more.
func TestBadEventsAreTold(t *testing.T) {
	page, err := os.ReadFile("../docs/hostile-world.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range badEvents {
		if line := b.told(name); !strings.Contains(string(page), line) {
			t.Errorf("it lacks %s", line)
		}
	}
	if lines := strings.Count(string(page), "| `inbound.TestBadEvents` |\n"); lines != len(badEvents) {
		t.Errorf("%d lines for %d events", lines, len(badEvents))
	}
}
