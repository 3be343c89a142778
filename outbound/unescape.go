package outbound

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A view is a text in which escapes are undone.
type view struct {
	text  []byte
	begin []int // where each byte, and the end, is in the text as it came; nil: at the same place
}

// place is where byte i came from.
func (v *view) place(i int) int {
	if v.begin == nil {
		return i
	}
	return v.begin[i]
}

// An unescaping undoes one layer of escapes. read appends what the escape at the
// start of s stands for, and gives back its length: 0, if there is none. An escape
// that the end of s cuts off stands for nothing.
type unescaping struct {
	marks string // each escape begins with one of these
	needs byte   // without it there is nothing to undo
	read  func(dst, s []byte) (out []byte, length int)
}

var unescapings = []unescaping{
	{"%", '%', readPercent},
	{"%+", '+', readForm},
	{`\`, '\\', readBackslash},
	{"&", '&', readEntity},
}

// mostLayers are undone.
const mostLayers = 2

// look shows a text as it is, and as it is without up to so many layers of escapes.
func (v *view) look(layers int, seen func(*view)) {
	seen(v)
	if layers == 0 {
		return
	}
	for i := range unescapings {
		if less, ok := v.without(&unescapings[i]); ok {
			less.look(layers-1, seen)
		}
	}
}

// without undoes a layer; ok is false if there is nothing to undo.
func (v *view) without(u *unescaping) (less view, ok bool) {
	if bytes.IndexByte(v.text, u.needs) < 0 {
		return less, false
	}
	less = view{make([]byte, 0, len(v.text)), make([]int, 0, len(v.text)+1)}
	for i := 0; i < len(v.text); {
		length := 0
		if strings.IndexByte(u.marks, v.text[i]) >= 0 {
			less.text, length = u.read(less.text, v.text[i:])
			ok = ok || length > 0
		}
		if length == 0 {
			less.text, length = append(less.text, v.text[i]), 1
		}
		for len(less.begin) < len(less.text) {
			less.begin = append(less.begin, v.place(i))
		}
		i += length
	}
	less.begin = append(less.begin, v.place(len(v.text)))
	return less, ok
}

func readPercent(dst, s []byte) ([]byte, int) { return readHex(dst, s, 3) }

// readForm is readPercent where a space is a plus. A text without one is that of
// readPercent.
func readForm(dst, s []byte) ([]byte, int) {
	if s[0] == '+' {
		return append(dst, ' '), 1
	}
	return readPercent(dst, s)
}

// readHex reads the last two of so many bytes as digits of one.
func readHex(dst, s []byte, length int) ([]byte, int) {
	for i := length - 2; i < min(length, len(s)); i++ {
		if !isHex(s[i]) {
			return dst, 0
		}
	}
	if len(s) < length {
		return dst, len(s)
	}
	c, err := strconv.ParseUint(string(s[length-2:length]), 16, 8)
	if err != nil {
		return dst, 0
	}
	return append(dst, byte(c)), length
}

// readBackslash reads the escapes of JSON, and of the languages that it is like.
func readBackslash(dst, s []byte) ([]byte, int) {
	if len(s) == 1 {
		return dst, 1
	}
	switch c := s[1]; c {
	case 'u':
		return readUnicode(dst, s)
	case 'x':
		return readHex(dst, s, 4)
	case '"', '\'', '\\', '/':
		return append(dst, c), 2
	default:
		if i := strings.IndexByte("nrtbf", c); i >= 0 {
			return append(dst, "\n\r\t\b\f"[i]), 2
		}
	}
	return dst, 0
}

// readUnicode reads \u0041, and two of these that are one character.
func readUnicode(dst, s []byte) ([]byte, int) {
	const length = len(`\u0041`)
	r, ok := unit(s)
	switch {
	case !ok:
		return dst, 0
	case len(s) < length:
		return dst, len(s)
	case !utf16.IsSurrogate(r):
		return utf8.AppendRune(dst, r), length
	}
	low, ok := unit(s[length:])
	if !ok {
		return utf8.AppendRune(dst, r), length
	}
	if len(s) < 2*length {
		return dst, len(s)
	}
	return utf8.AppendRune(dst, utf16.DecodeRune(r, low)), 2 * length
}

// unit reads one \u0041, or the start of one at the end of s.
func unit(s []byte) (r rune, ok bool) {
	for i := range min(len(`\u0041`), len(s)) {
		switch c := s[i]; {
		case i == 0 && c != '\\', i == 1 && c != 'u', i > 1 && !isHex(c):
			return 0, false
		case i > 1:
			digit, _ := strconv.ParseUint(string(c), 16, 4) // it is one
			r = r<<4 | rune(digit)
		}
	}
	return r, true
}

// longestEntity is more than any that stands for a character of a secret.
const longestEntity = 12

// readEntity reads those of HTML.
func readEntity(dst, s []byte) ([]byte, int) {
	end := bytes.IndexByte(s[:min(len(s), longestEntity)], ';')
	if end < 0 {
		if len(s) < longestEntity && !bytes.ContainsAny(s, " \n<>\"'") {
			return dst, len(s)
		}
		return dst, 0
	}
	entity := string(s[:end+1])
	meant := html.UnescapeString(entity)
	if meant == entity {
		return dst, 0
	}
	return append(dst, meant...), end + 1
}
