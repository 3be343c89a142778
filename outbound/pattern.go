package outbound

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// What may stand in a pattern.
const (
	holeID        = "{id}"        // webhook-id
	holeTimestamp = "{timestamp}" // unix seconds of the attempt
	holeMethod    = "{method}"
	holeURL       = "{url}"  // whole, with its query
	holeBody      = "{body}" // of a GET the query
)

// A Pattern is a text with places for what a request holds.
type Pattern struct{ parts []string } // texts without braces, and holes

// NewContent reads what a signature is made over. All of a request may stand in
// it: {id}, {timestamp}, {method}, {url} and {body}.
func NewContent(text string) (Pattern, error) {
	return newPattern(text, holeID, holeTimestamp, holeMethod, holeURL, holeBody)
}

// NewPrefix reads what stands before a signature in its header. What can't
// break out of a header may stand in it: {id} and {timestamp}.
func NewPrefix(text string) (Pattern, error) {
	if HasControl(text) {
		return Pattern{}, errors.New("a header can't hold control characters, such as a line end")
	}
	return newPattern(text, holeID, holeTimestamp)
}

func newPattern(text string, holes ...string) (p Pattern, err error) {
	for text != "" {
		at := strings.IndexAny(text, "{}")
		switch {
		case at < 0:
			at = len(text)
		case text[at] == '}':
			return Pattern{}, errors.New("a } closes nothing here")
		case at == 0:
			end := strings.IndexByte(text, '}')
			if end < 0 {
				return Pattern{}, errors.New("a { is not closed")
			}
			if at = end + 1; !slices.Contains(holes, text[:at]) {
				return Pattern{}, fmt.Errorf("%s means nothing here, only %s do", text[:at], strings.Join(holes, ", "))
			}
		}
		p.parts = append(p.parts, text[:at])
		text = text[at:]
	}
	return p, nil
}

// mustPattern is for patterns of this package.
func mustPattern(text string) Pattern {
	p, err := NewContent(text)
	if err != nil {
		panic("outbound: " + err.Error())
	}
	return p
}

// String is the pattern as it is written.
func (p Pattern) String() string { return strings.Join(p.parts, "") }

func (p Pattern) has(hole string) bool { return slices.Contains(p.parts, hole) }

// fill appends the pattern, filled in.
func (p Pattern) fill(to []byte, m *Message, timestamp string) []byte {
	for _, part := range p.parts {
		if part == holeBody {
			to = append(to, m.payload()...)
		} else {
			to = append(to, m.part(part, timestamp)...)
		}
	}
	return to
}

// write writes it, to a writer that never fails, and copies no body. text is
// space for the rest, which is returned as it has grown.
func (p Pattern) write(w io.Writer, text []byte, m *Message, timestamp string) []byte {
	for _, part := range p.parts {
		if part != holeBody {
			text = append(text, m.part(part, timestamp)...)
			continue
		}
		_, _ = w.Write(text)
		_, _ = w.Write(m.payload())
		text = text[:0]
	}
	_, _ = w.Write(text)
	return text
}

// part is what a part of a pattern stands for, unless that is the body.
func (m *Message) part(part, timestamp string) string {
	switch part {
	case holeID:
		return m.id()
	case holeTimestamp:
		return timestamp
	case holeMethod:
		return m.Method
	case holeURL:
		return m.address()
	}
	return part
}

// cut takes the pattern off the front of a header's value. The timestamp is the
// one that stands in it; empty: none does.
func (p Pattern) cut(value string, m *Message) (timestamp, rest string, ok bool) {
	for _, part := range p.parts {
		switch part {
		case holeID:
			part = m.id()
		case holeTimestamp:
			part = value[:len(value)-len(strings.TrimLeft(value, "0123456789"))]
			timestamp = part
		}
		if value, ok = strings.CutPrefix(value, part); !ok {
			return "", "", false
		}
	}
	return timestamp, value, true
}
