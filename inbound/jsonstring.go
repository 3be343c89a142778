package inbound

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// inString tells bytes apart that a string's reader must look at.
var inString = func() (kind [256]byte) {
	for c := range kind {
		switch {
		case c < 0x20:
			kind[c] = control
		case c == '"':
			kind[c] = quote
		case c == '\\':
			kind[c] = backslash
		case c >= utf8.RuneSelf:
			kind[c] = notASCII
		}
	}
	return kind
}()

const (
	plain = iota
	control
	quote
	backslash
	notASCII
)

func (s *scanner) str(i int) int {
	start, ascii := i+1, true
	s.escaped = false
	for i = s.plainFrom(start); i < len(s.b); i++ {
		switch inString[s.b[i]] {
		case notASCII:
			ascii = false
		case backslash:
			s.escaped = true
			if i = s.escape(i); i < 0 {
				return -1
			}
			i = s.plainFrom(i) - 1
		case control:
			return s.fail(i, reasonJSON, "a control character (0x%02x) in a string must be escaped", s.b[i])
		case quote:
			if !ascii && !utf8.Valid(s.b[start:i]) {
				return s.invalidUTF8(start)
			}
			return i + 1
		}
	}
	return s.expected(i, "the closing quote of a string")
}

// plainFrom skips plain bytes, eight at a time, and stops at or before another one.
func (s *scanner) plainFrom(i int) int {
	for i+8 <= len(s.b) && allPlain(binary.LittleEndian.Uint64(s.b[i:])) {
		i += 8
	}
	return i
}

const (
	ones = 0x0101010101010101 // 1 in each of eight bytes
	tops = 0x80 * ones
)

// allPlain tells whether a string's reader may pass over eight bytes. The top bit
// of each byte tells whether it can't be one of those to look at.
func allPlain(b uint64) bool {
	quotes, slashes := b^'"'*ones, b^'\\'*ones
	return (b|(b-0x20*ones)|(quotes-ones)&^quotes|(slashes-ones)&^slashes)&tops == 0
}

func (s *scanner) invalidUTF8(i int) int {
	for {
		if r, n := utf8.DecodeRune(s.b[i:]); r != utf8.RuneError || n != 1 {
			i += n
			continue
		}
		return s.fail(i, reasonUTF8, "the byte 0x%02x is not valid UTF-8 here", s.b[i])
	}
}

// escape reads one escape; a pair of surrogates is one.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.b) {
		return s.expected(i+1, "an escape")
	}
	if s.b[i+1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, s.b[i+1]) < 0 {
			return s.expected(i+1, "an escape")
		}
		return i + 2
	}
	r, ok := hex4(s.b[i+2:])
	if !ok {
		return s.fail(i, reasonJSON, `expected four hexadecimal digits after \u`)
	}
	if !utf16.IsSurrogate(r) {
		return i + 6
	}
	if low, ok := secondHalf(s.b[i+6:]); !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
		return s.fail(i, reasonUTF8, `the surrogate \u%04x has no other half, so it is no character`, r)
	}
	return i + 12
}

// secondHalf reads \uXXXX.
func secondHalf(b []byte) (rune, bool) {
	if len(b) < 2 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	return hex4(b[2:])
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unescape appends what a scanned string, without its quotes, means.
func unescape(to, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			return append(to, b...)
		}
		to = append(to, b[:i]...)
		b = b[i+1:]
		c := b[0]
		b = b[1:]
		if c != 'u' {
			to = append(to, unescaped(c))
			continue
		}
		r, _ := hex4(b)
		b = b[4:]
		if utf16.IsSurrogate(r) {
			low, _ := secondHalf(b)
			r, b = utf16.DecodeRune(r, low), b[6:]
		}
		to = utf8.AppendRune(to, r)
	}
}

// unescaped is what a backslash and this letter stand for.
func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
