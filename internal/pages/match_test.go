package pages

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		shown, printed string
		want           bool
	}{
		{"", "", true},
		{"", "\n", true},
		{"", "something", false},
		{"a", "b", false},
		{"a", "a\nb", false},
		{"a\n…", "a\nb\nc", true},
		{"a\n…", "a", true},
		{"…\nb", "a\nb", true},
		{"a\n…\nc", "a\nb\nb\nc", true},
		{"a\n…\nc", "a\nb\nc\nd", false},
		{"took … of it", "took a lot of it", true},
		{"took … of it", "took a lot\nof it", false},
		{"a.c", "abc", false}, // no pattern of its own
		{"ID   STATE", "ID STATE", true},
		{"ID   STATE", "IDSTATE", false},
		{"evt_01M8C8BCGDBWSZAN0Y5QK1C9TS ok", "evt_01M8C93690QKKV18WZX76YTCPG ok", true},
		{"evt_01M8C8BCGDBWSZAN0Y5QK1C9TS ok", "dlv_38grgps1g0000000000g ok", false},
		{"in 4s", "in 12m", true},
		{"in 4s", "in 4", false},
		{"15:42:24.797 POST", "03:01:02.003 POST", true},
		{"2026-11-26T15:42:24.584Z  INFO  a", "2027-01-01T00:00:00.000Z  INFO  a", true},
		{"325 B of 1.0 GiB", "1.1 KiB of 1.0 GiB", true},
		{"127.0.0.1:34567", "127.0.0.1:41234", true},
		{"127.0.0.1:7480", "127.0.0.1:7481", false},
		{"postern dev", "postern v1.2.3", true},
		{"status 500", "status 502", false},
		{"2 tests: 2 passed", "2 tests: 1 passed", false},
		{"well", "\x1b[1mwell\x1b[0m", true},
	} {
		if got := matches(strings.Split(c.shown, "\n"), lines(c.printed)); got != c.want {
			t.Errorf("%q for %q: %v", c.shown, c.printed, got)
		}
	}
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		shown, printed string
		want           int
	}{
		{"b", "a\nb\nc\n", 4},
		{"b", "a\nb", -1}, // the line may go on
		{"b\nc", "b\nx\nb\nc\nd\n", 8},
		{"b\n…\nd", "b\nc\nd\n", 6},
		{"x", "a\n", -1},
		{"x", "", -1},
	} {
		if got := next(strings.Split(c.shown, "\n"), c.printed); got != c.want {
			t.Errorf("%q in %q: %d, want %d", c.shown, c.printed, got, c.want)
		}
	}
}
