package inbound

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep an event's data may be nested; the data object itself is
// the first level.
const maxDepth = 64

// A scanner reads JSON texts once, from the first byte to the last, and is
// stricter than RFC 8259 asks for: names of one object differ (as they are
// meant, not as they are written), every string is valid UTF-8, and every
// escaped surrogate has its other half. What passes means the same to every
// reader.
//
// Its methods take an index and answer the index behind what they read, or -1;
// then flaw says what is wrong.
type scanner struct {
	b    []byte
	part bool // b ends with a line of the body, not with the body
	flaw flaw

	// limit is where the event that is being read has become too large: no name
	// may begin behind it, so its members take up no more space. 0: no limit.
	limit int

	// members are those of the objects that are open, the outermost first.
	members []member
	escaped bool // the last string was written with escapes
	scratch []byte
	table   []uint32 // of distinct: one more than the index of a member; 0 is empty
}

// A member of an object. Its value stands at from up to to.
type member struct {
	name         []byte // as meant
	at, from, to int
}

// A flaw is why a text was refused, and where.
type flaw struct {
	at     int
	reason string
	detail string
}

// fewMembers are compared one by one, more by a hash table: the cost of an
// object stays in proportion to its size.
const fewMembers = 16

func (s *scanner) fail(at int, reason, format string, args ...any) int {
	s.flaw = flaw{at, reason, fmt.Sprintf(format, args...)}
	return -1
}

// expected fails with what stands at the index instead.
func (s *scanner) expected(at int, want string) int {
	return s.fail(at, reasonJSON, "expected %s, found %s", want, s.found(at))
}

func (s *scanner) found(at int) string {
	if at >= len(s.b) {
		return "the end of the " + s.whole()
	}
	r, n := utf8.DecodeRune(s.b[at:])
	if r == utf8.RuneError && n == 1 {
		return fmt.Sprintf("the byte 0x%02x", s.b[at])
	}
	if r == '\ufeff' {
		return "a byte order mark"
	}
	return strconv.QuoteRune(r)
}

// whole names what has to be one JSON text.
func (s *scanner) whole() string {
	if s.part {
		return "line"
	}
	return "body"
}

// space skips white space.
func (s *scanner) space(i int) int {
	for i < len(s.b) && (s.b[i] == ' ' || s.b[i] == '\n' || s.b[i] == '\t' || s.b[i] == '\r') {
		i++
	}
	return i
}

// end makes sure that nothing but white space is left.
func (s *scanner) end(i int) bool {
	i = s.space(i)
	if i < len(s.b) {
		s.fail(i, reasonJSON, "the %s holds more than one JSON text: found %s after its end", s.whole(), s.found(i))
	}
	return i == len(s.b)
}

// value reads any value that nests at most levels deep.
func (s *scanner) value(i, levels int) int {
	if i >= len(s.b) {
		return s.expected(i, "a value")
	}
	switch c := s.b[i]; {
	case c == '"':
		return s.str(i)
	case c == '{' || c == '[':
		if levels == 0 {
			return s.fail(i, reasonDepth, "nested more than %d deep", maxDepth)
		}
		if c == '[' {
			return s.array(i, levels-1)
		}
		open := len(s.members)
		i = s.object(i, levels-1)
		s.members = s.members[:open]
		return i
	case c == '-' || '0' <= c && c <= '9':
		return s.number(i)
	case c == 't':
		return s.word(i, "true")
	case c == 'f':
		return s.word(i, "false")
	case c == 'n':
		return s.word(i, "null")
	}
	return s.expected(i, "a value")
}

// object reads an object whose values nest at most levels deep, and leaves its
// members behind on the stack: the caller takes them off.
func (s *scanner) object(i, levels int) int {
	open := len(s.members)
	i = s.space(i + 1)
	if i < len(s.b) && s.b[i] == '}' {
		return i + 1
	}
	for {
		var from int
		if from = s.name(i, open); from < 0 {
			return -1
		}
		k := len(s.members) - 1
		if i = s.value(from, levels); i < 0 {
			return -1
		}
		s.members[k].from, s.members[k].to = from, i
		i = s.space(i)
		switch {
		case i < len(s.b) && s.b[i] == ',':
			i = s.space(i + 1)
		case i < len(s.b) && s.b[i] == '}':
			if !s.distinct(open) {
				return -1
			}
			return i + 1
		default:
			return s.expected(i, "',' or '}'")
		}
	}
}

// name reads a name and its colon, and puts a member on the stack.
func (s *scanner) name(i, open int) int {
	if i >= len(s.b) || s.b[i] != '"' {
		return s.expected(i, "a member name in double quotes")
	}
	if s.limit > 0 && i >= s.limit {
		return s.fail(i, reasonTooLarge, "the event is too large")
	}
	at := i
	if i = s.str(i); i < 0 {
		return -1
	}
	name := s.b[at+1 : i-1]
	if s.escaped {
		start := len(s.scratch)
		s.scratch = unescape(s.scratch, name)
		name = s.scratch[start:]
	}
	if len(s.members)-open < fewMembers {
		for _, m := range s.members[open:] {
			if bytes.Equal(m.name, name) {
				return s.duplicate(at, name)
			}
		}
	}
	s.members = append(s.members, member{name: name, at: at})
	i = s.space(i)
	if i >= len(s.b) || s.b[i] != ':' {
		return s.expected(i, "':'")
	}
	return s.space(i + 1)
}

// distinct compares the names of a finished object, where there were too many
// to compare each as it came.
func (s *scanner) distinct(open int) bool {
	members := s.members[open:]
	if len(members) <= fewMembers {
		return true
	}
	size := 2 << bits.Len(uint(len(members)))
	s.table = slices.Grow(s.table[:0], size)[:size]
	clear(s.table)
	for i, m := range members {
		if !s.enter(members, i) {
			s.duplicate(m.at, m.name)
			return false
		}
	}
	return true
}

// enter puts a member into the hash table, unless one of its name is there.
func (s *scanner) enter(members []member, i int) bool {
	name, mask := members[i].name, uint64(len(s.table)-1)
	for slot := maphash.Bytes(seed, name) & mask; ; slot = (slot + 1) & mask {
		twin := int(s.table[slot]) - 1
		if twin < 0 {
			s.table[slot] = uint32(i + 1)
			return true
		}
		if bytes.Equal(members[twin].name, name) {
			return false
		}
	}
}

// seed differs in each process, so nobody can choose names that share a slot.
var seed = maphash.MakeSeed()

func (s *scanner) duplicate(at int, name []byte) int {
	return s.fail(at, reasonDuplicateKey, "the member %.100q stands in this object twice", name)
}

func (s *scanner) array(i, levels int) int {
	i = s.space(i + 1)
	if i < len(s.b) && s.b[i] == ']' {
		return i + 1
	}
	for {
		if i = s.value(i, levels); i < 0 {
			return -1
		}
		i = s.space(i)
		switch {
		case i < len(s.b) && s.b[i] == ',':
			i = s.space(i + 1)
		case i < len(s.b) && s.b[i] == ']':
			return i + 1
		default:
			return s.expected(i, "',' or ']'")
		}
	}
}

func (s *scanner) word(i int, w string) int {
	for k := range len(w) {
		if i+k >= len(s.b) || s.b[i+k] != w[k] {
			return s.expected(i+k, w)
		}
	}
	return i + len(w)
}

func (s *scanner) number(i int) int {
	if s.b[i] == '-' {
		i++
	}
	if i < len(s.b) && s.b[i] == '0' {
		i++
	} else if i = s.digits(i); i < 0 {
		return -1
	}
	if i < len(s.b) && s.b[i] == '.' {
		if i = s.digits(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(s.b) && (s.b[i] == 'e' || s.b[i] == 'E') {
		i++
		if i < len(s.b) && (s.b[i] == '+' || s.b[i] == '-') {
			i++
		}
		return s.digits(i)
	}
	return i
}

// digits reads one digit or more.
func (s *scanner) digits(i int) int {
	start := i
	for i < len(s.b) && '0' <= s.b[i] && s.b[i] <= '9' {
		i++
	}
	if i == start {
		return s.expected(i, "a digit")
	}
	return i
}
