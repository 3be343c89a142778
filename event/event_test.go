package event

import (
	"testing"
	"time"
)

func TestTimestamp(t *testing.T) {
	accepted := time.Date(2026, 5, 4, 12, 0, 0, 120_000_000, time.FixedZone("", 2*60*60))
	for written, want := range map[string]string{
		"":                          "2026-05-04T10:00:00.12Z",
		"2026-05-04T01:02:03-07:00": "2026-05-04T01:02:03-07:00",
	} {
		if got := (&Event{Time: written, Accepted: accepted}).Timestamp(); got != want {
			t.Errorf("time %q: timestamp %q, want %q", written, got, want)
		}
	}
}
