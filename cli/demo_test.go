package cli

import (
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

func TestDemoDeliversAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	got := invoke(t, "", "demo", "--events", "6", "--every", "10ms")
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	// ada, grace, alan, campaign, ada, grace: the newsletter wants German contacts alone.
	for webhook, want := range map[string]int{"crm": 5, "newsletter": 2, "chat": 6} {
		n := 0
		for line := range strings.Lines(got.out) {
			if strings.Contains(line, "-> "+webhook+" ") && strings.Contains(line, "  delivered (status 20") {
				n++
			}
		}
		if n != want {
			t.Errorf("%d delivered to %s, want %d", n, webhook, want)
		}
	}
	for _, want := range []string{"Overview: http://127.0.0.1:", "-> chat        retry in ", "(status 500)\n", "\n6 events, 13 deliveries, 16 attempts.\n"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q", want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if t.Failed() || got.err != "" {
		t.Errorf("standard output:\n%s\nstandard error:\n%s", got.out, got.err)
	}
}

// deaf is a standard output whose reader has gone.
type deaf struct{}

func (deaf) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestDemoEndsWithItsReader(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if status := run(t.Context(), []string{"demo", "--every", "10ms"}, nil, deaf{}, io.Discard); status != 0 {
		t.Errorf("status %d", status)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOutcome(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for want, r := range map[string]outbound.Report{
		"delivered (status 200, 4.2ms)": {State: event.Delivered, Class: event.OK, Status: 200, Duration: 4200 * time.Microsecond},
		"retry in 2s (status 500)":      {State: event.Pending, Class: event.Status, Status: 500, Next: now.Add(2100 * time.Millisecond)},
		"retry in 0s (timeout)":         {State: event.Pending, Class: event.Timeout, Next: now.Add(-time.Second)},
		"failed (mapping)":              {State: event.Failed, Class: event.Mapping},
	} {
		if got := outcome(r, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDemoConfigurationQuotesItsDirectory(t *testing.T) {
	if got, want := hclText(`/tmp/"a"\${b}%{c}`), `/tmp/\"a\"\\$${b}%%{c}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
