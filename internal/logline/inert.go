package logline

import (
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// prints is how many bytes at the start are ASCII that prints.
func prints[text string | []byte](s text) (n int) {
	for n < len(s) && ' ' <= s[n] && s[n] <= '~' {
		n++
	}
	return n
}

// inert writes every character that doesn't print as \uXXXX, as JSON does: C0 and
// C1 controls, separators of lines and paragraphs, marks of direction, zero widths.
// In JSON these stand in strings only, so that a decoder gets back what was there.
// Bytes that are not UTF-8 become \ufffd.
func inert(s string) []byte {
	plain := prints(s)
	b := append(make([]byte, 0, len(s)+1), s[:plain]...)
	for i := plain; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, `\ufffd`...)
		case unicode.IsPrint(r):
			b = append(b, s[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
		i += size
	}
	return b
}
