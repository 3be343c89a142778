package outbound

import (
	"strings"
	"unicode/utf8"

	"github.com/posternhq/postern/internal/inert"
)

// mask stands wherever a secret was.
const mask = "(sensitive)"

const longestError = 300 // bytes of an attempt's error text

// clean makes text from outside inert and short: one line, nothing that a
// terminal obeys, at most limit bytes.
func clean(s string, limit int) string { return bounded(inert.Text(s), limit) }

// bounded cuts s to at most limit bytes, at the border of a character.
func bounded(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const more = "…"
	cut := limit - len(more)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}

// headerSafe writes a type as a header value: visible ASCII and inner spaces
// as they are, every other byte, and "%" itself, percent-encoded.
func headerSafe(s string) string {
	if !strings.ContainsFunc(s, needsPercent) {
		return s
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; needsPercent(rune(c)) {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func needsPercent(c rune) bool { return c < ' ' || c > '~' || c == '%' }

// HasControl tells whether s may not stand in a header.
func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 })
}
