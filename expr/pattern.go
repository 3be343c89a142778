package expr

import (
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// maxPattern is how large a pattern may be, its repetitions written out.
const maxPattern = 2000

const (
	errPattern      = fault("the pattern is not a valid one")
	errPatternLarge = fault("the pattern is too large")
)

// A pattern is one that is ready to be matched.
type pattern struct {
	*regexp.Regexp
	size int
}

// newPattern refuses a pattern before it takes room.
func newPattern(source string) (*pattern, error) {
	if len(source) > maxSource {
		return nil, errPatternLarge
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, errPattern
	}
	size := patternSize(tree)
	if size > maxPattern {
		return nil, errPatternLarge
	}
	compiled, err := regexp.Compile(source)
	if err != nil {
		return nil, errPattern
	}
	return &pattern{compiled, size}, nil
}

// patternSize is how many instructions a pattern becomes, or so.
func patternSize(n *syntax.Regexp) int {
	size := 1
	if n.Op == syntax.OpLiteral {
		size = len(n.Rune)
	}
	for _, sub := range n.Sub {
		size += patternSize(sub)
	}
	if n.Op == syntax.OpRepeat {
		size *= max(n.Max, n.Min+1)
	}
	return min(size, 1<<20)
}

// matches gets a text, and a pattern: compiled with the expression, or worked out.
// Null matches nothing.
func matches(m *meter, args []any) (any, error) {
	if args[0] == nil || args[1] == nil {
		return false, nil
	}
	s, ok := args[0].(string)
	if !ok {
		return nil, wrong("matches", "text", args[0])
	}
	switch p := args[1].(type) {
	case *pattern:
		return p.match(m, s)
	case string:
		compiled, err := newPattern(p)
		if err != nil {
			return nil, err
		}
		if err := m.spend(4 * compiled.size); err != nil {
			return nil, err
		}
		return compiled.match(m, s)
	}
	return nil, wrong("matches", "text", args[1])
}

// match looks for the pattern. Each character may cost as much as the pattern is
// large: where that adds up, the text is handed out character by character.
func (p *pattern) match(m *meter, s string) (bool, error) {
	if work := len(s) * p.size; work < 1<<16 {
		return p.MatchString(s), m.spend(work >> 8)
	}
	r := &meteredRunes{text: s, meter: m, each: 1 + p.size>>4}
	found := p.MatchReader(r)
	return found, m.failed
}

// meteredRunes reads a text until the meter fails.
type meteredRunes struct {
	text  string
	meter *meter
	each  int // steps for a character
}

func (r *meteredRunes) ReadRune() (c rune, size int, err error) {
	if r.text == "" || r.meter.spend(r.each) != nil {
		return 0, 0, io.EOF
	}
	c, size = utf8.DecodeRuneInString(r.text)
	r.text = r.text[size:]
	return c, size, nil
}
