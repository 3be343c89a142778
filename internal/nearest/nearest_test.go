package nearest

import (
	"slices"
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	known := []string{"url", "Method", "payload", "response_headers", "ürl_ätt"}
	for given, want := range map[string]string{
		"urll":             "url",
		"ulr":              "url",
		"metohd":           "Method",
		"mthds":            "",
		"URL":              "url",
		"method":           "Method",
		"pyload":           "payload",
		"response_header":  "response_headers",
		"responze_heeder":  "response_headers",
		"reply_headers":    "",
		"ürl_ätx":          "ürl_ätt",
		"u":                "",
		"xyz":              "",
		"":                 "",
		"headers":          "",
		"something_else_x": "",
	} {
		if got := Name(given, known); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
	if got := Name("ab", []string{"ad", "ac"}); got != "ad" {
		t.Errorf("of two that are as near: %q, want the first", got)
	}
}

func TestNothingIsLookedForTooLong(t *testing.T) {
	long := strings.Repeat("x", longest+1)
	if got := Name(long, []string{long}); got != "" {
		t.Error("a long name was looked for")
	}
	if got := Name("name", slices.Repeat([]string{"name"}, most+1)); got != "" {
		t.Error("a name was looked for among too many")
	}
}
