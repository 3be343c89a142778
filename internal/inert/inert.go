// Package inert makes text of others harmless: what events, receivers and files
// say is data, and must not move a terminal, break a line, or turn the
// direction of writing around.
package inert

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is s on one line: control characters, line separators, direction marks
// and invalid bytes are written as escapes.
func Text(s string) string { return escape(s, "") }

// Lines is Text for several lines: line feeds and tabs stay, CR LF is LF.
func Lines(s string) string { return escape(strings.ReplaceAll(s, "\r\n", "\n"), "\n\t") }

// Shows tells whether a character is seen rather than obeyed. The two joiners
// without which Persian words and many emoji fall apart count as seen.
func Shows(r rune) bool {
	return unicode.IsGraphic(r) || r == '\u200c' || r == '\u200d'
}

func escape(s, keep string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case Shows(r) || strings.ContainsRune(keep, r):
			b.WriteString(s[i : i+n])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		i += n
	}
	return b.String()
}

// plain is the common case: nothing but printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
