package inert

import "testing"

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		"Zoë ✓ 👩‍👧":                "Zoë ✓ 👩‍👧",
		"two\nlines\ttab\r":        `two\nlines\ttab\r`,
		"\x1b[31mred\x07":          `\x1b[31mred\a`,
		"c1 \u009b31m":             `c1 \u009b31m`,
		"bidi \u202eevil\u2066":    `bidi \u202eevil\u2066`,
		"separators \u2028 \u2029": `separators \u2028 \u2029`,
		"bad \xff\xfe bytes":       `bad \xff\xfe bytes`,
		"nul \x00 bom \ufeff":      `nul \x00 bom \ufeff`,
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLinesKeepsLinesAndTabs(t *testing.T) {
	if got, want := Lines("a\r\nb\tc\rd\x1b"), "a\nb\tc\\rd\\x1b"; got != want {
		t.Errorf("Lines = %q, want %q", got, want)
	}
}
