package inbound

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxPointer bounds a JSON pointer in an answer, in bytes: it then names the
// innermost value that fits.
const maxPointer = 1024

// lineColumn finds a place in a text, both counted from 1, columns in characters.
func lineColumn(b []byte, at int) (line, column int) {
	before := b[:at]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[start:])
}

// A step leads from a value to one inside it.
type step struct {
	object bool
	named  bool // a member's value, and not its name, comes next
	name   []byte
	index  int
}

// pointer is the JSON pointer (RFC 6901) to the value or the member at a place.
// What stands before it must have passed the scanner.
func pointer(b []byte, at int) string {
	var steps []step
	s := scanner{b: b}
	for i := 0; i < at; i++ {
		last := len(steps) - 1
		switch b[i] {
		case '{', '[':
			steps = append(steps, step{object: b[i] == '{'})
		case '}', ']':
			steps = steps[:last]
		case ',':
			steps[last].index++
			steps[last].named = false
		case '"':
			end := s.str(i)
			if end < 0 || end > at {
				return written(steps)
			}
			if last >= 0 && steps[last].object && !steps[last].named {
				steps[last].named, steps[last].name = true, unescape(nil, b[i+1:end-1])
			}
			i = end - 1
		}
	}
	last := len(steps) - 1
	if at < len(b) && b[at] == '"' && last >= 0 && steps[last].object && !steps[last].named {
		if end := s.str(at); end > 0 {
			steps[last].named, steps[last].name = true, unescape(nil, b[at+1:end-1])
		}
	}
	return written(steps)
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

func written(steps []step) string {
	var p string
	for _, s := range steps {
		next := p + "/"
		switch {
		case !s.object:
			next += strconv.Itoa(s.index)
		case s.named:
			next += escapePointer.Replace(string(s.name))
		default:
			return p
		}
		if len(next) > maxPointer {
			return p
		}
		p = next
	}
	return p
}
