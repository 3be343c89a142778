package expr

import (
	"bytes"
	"encoding/json"
)

// errBroken is for data that was not checked at the door.
const errBroken = fault("the event's data is not valid JSON")

// The scanner walks over JSON that is known to be valid. Of anything else it
// promises only to end, and not to read beyond it.

// skipSpace is the offset of the first byte from i on that is no white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skipString is the offset behind the string that opens at i, or -1.
func skipString(b []byte, i int) int {
	for start := i; ; {
		n := bytes.IndexByte(b[i+1:], '"')
		if n < 0 {
			return -1
		}
		i += 1 + n
		back := i
		for back-1 > start && b[back-1] == '\\' {
			back--
		}
		if (i-back)%2 == 0 {
			return i + 1
		}
	}
}

// skipValue is the offset behind the value that begins at i, or -1.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			if i = skipString(b, i); i < 0 {
				return -1
			}
		case c == '{' || c == '[':
			depth++
			i++
		case c == '}' || c == ']':
			depth--
			i++
		case depth > 0 && (isSpace(c) || c == ',' || c == ':'):
			i++
			continue
		default:
			end := skipScalar(b, i)
			if end == i {
				return -1
			}
			i = end
		}
		if depth <= 0 {
			if depth < 0 {
				return -1
			}
			return i
		}
	}
	return -1
}

// skipScalar is the offset behind a number, true, false or null.
func skipScalar(b []byte, i int) int {
	for i < len(b) && !isSpace(b[i]) && bytes.IndexByte([]byte(`,:]}[{"`), b[i]) < 0 {
		i++
	}
	return i
}

// member finds the value of a name in the object that begins at i: its first
// byte, or -1 when there is none.
func member(b []byte, i int, name string) (int, error) {
	for i = skipSpace(b, i+1); i < len(b) && b[i] == '"'; i = skipSpace(b, i) {
		end := skipString(b, i)
		if end < 0 {
			return 0, errBroken
		}
		value := skipSpace(b, end)
		if value >= len(b) || b[value] != ':' {
			return 0, errBroken
		}
		value = skipSpace(b, value+1)
		if sameText(b[i:end], name) {
			return value, nil
		}
		if i = skipValue(b, value); i < 0 {
			return 0, errBroken
		}
		if i = skipSpace(b, i); i < len(b) && b[i] == ',' {
			i++
		}
	}
	if i >= len(b) || b[i] != '}' {
		return 0, errBroken
	}
	return -1, nil
}

// element finds the nth item of the list that begins at i: its first byte, or
// -1 when there are fewer. Items below zero count from the end.
func element(b []byte, i, n int) (int, error) {
	if n < 0 {
		length, err := listLength(b, i)
		if err != nil || n+length < 0 {
			return -1, err
		}
		n += length
	}
	at, _, err := seek(b, i, n)
	return at, err
}

// listLength counts the items of the list that begins at i.
func listLength(b []byte, i int) (int, error) {
	_, n, err := seek(b, i, -1)
	return n, err
}

// seek walks over the list that begins at i up to item n, or to its end.
func seek(b []byte, i, n int) (at, count int, err error) {
	for i = skipSpace(b, i+1); i < len(b) && b[i] != ']'; i = skipSpace(b, i) {
		if count == n {
			return i, count, nil
		}
		if i = skipValue(b, i); i < 0 {
			return 0, 0, errBroken
		}
		count++
		if i = skipSpace(b, i); i < len(b) && b[i] == ',' {
			i++
		}
	}
	if i >= len(b) {
		return 0, 0, errBroken
	}
	return -1, count, nil
}

// sameText tells whether a quoted JSON string is text.
func sameText(quoted []byte, text string) bool {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == text
	}
	s, err := unquote(quoted)
	return err == nil && s == text
}

// unquote is the text of a JSON string, quotes and all.
func unquote(quoted []byte) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "", errBroken
	}
	return s, nil
}
