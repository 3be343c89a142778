package cli

import (
	"bytes"
	"testing"
	"time"
)

func TestTableAlignsAndIsInert(t *testing.T) {
	var b bytes.Buffer
	tab := newTable(&b, "TYPE", "STATE")
	tab.row("a\x1b[31m\tb\n", "pending")
	tab.row("Zoë", "ok")
	tab.flush()
	if got, want := b.String(), "TYPE            STATE\na\\x1b[31m\\tb\\n  pending\nZoë             ok\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0:                       "0s ago",
		3*time.Second + 1:       "3s ago",
		-5 * time.Second:        "in 5s",
		59*time.Minute + 59*1e9: "59m ago",
		47 * time.Hour:          "47h ago",
		48 * time.Hour:          "2d ago",
	} {
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	if got := ago(time.Time{}, now); got != "-" {
		t.Errorf("no time: %q", got)
	}
}
