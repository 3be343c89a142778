package expr

import (
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// A kindSet is a set of kinds of values.
type kindSet uint16

const (
	nullKind kindSet = 1 << iota
	boolKind
	numberKind
	textKind
	listKind
	objectKind
	timeKind
	durationKind
	zoneKind

	anyKind = zoneKind<<1 - 1
)

// wordsOf are the kinds in the user's words, in the order of their bits.
var wordsOf = []string{"null", "true or false", "a number", "text", "a list", "an object", "a time", "a duration", "a time zone"}

// words names the kinds: "text or a list".
func (k kindSet) words() string {
	var words []string
	for i, word := range wordsOf {
		if k&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " or ")
}

// each gives every kind of the set to f.
func (k kindSet) each(f func(one kindSet)) {
	for ; k != 0; k &= k - 1 {
		f(1 << bits.TrailingZeros16(uint16(k)))
	}
}

// A shape is what is known of a value before there is one. It is immutable.
type shape struct {
	kinds kindSet // those that it can have
	free  bool    // it can have others too, and is taken for whatever is wanted

	items   *shape            // of a list
	least   int               // how many items a list has at least
	members map[string]*shape // of an object, by name
	others  *shape            // of an object's members that have no known name; nil: it has none

	weight int // how many shapes it consists of, itself apart; those that stand in it twice count twice
}

// maxWeight is how much is known of what an expression puts together: of more,
// nothing is. It bounds the work of checking. A sample may have more.
const maxWeight = 10_000

// weighed has the weight of its parts.
func (s *shape) weighed() *shape {
	s.weight = 0
	add := func(part *shape) {
		if part != nil {
			s.weight = min(s.weight+1+part.weight, 1<<30)
		}
	}
	add(s.items)
	add(s.others)
	for _, m := range s.members {
		add(m)
	}
	return s
}

// bounded is the shape, unless it weighs too much.
func (s *shape) bounded() *shape {
	if s.weighed().weight > maxWeight {
		return &shape{kinds: s.kinds, free: true}
	}
	return s
}

// some is a value of one of the kinds, none of them a list or an object.
func some(k kindSet) *shape { return &shape{kinds: k} }

var (
	anything = &shape{free: true} // but null
	unknown  = &shape{kinds: nullKind, free: true}
)

func listOf(items *shape, least int) *shape {
	return (&shape{kinds: listKind, items: items, least: least}).bounded()
}

func objectOf(others *shape) *shape { return &shape{kinds: objectKind, others: others} }

func (s *shape) nullable() bool { return s.kinds&nullKind != 0 }

// solid is the shape of a value that turned out not to be null.
func (s *shape) solid() *shape {
	if !s.nullable() {
		return s
	}
	out := *s
	out.kinds &^= nullKind
	return &out
}

// orNull is the shape of a value that may be missing.
func (s *shape) orNull() *shape {
	if s.nullable() {
		return s
	}
	out := *s
	out.kinds |= nullKind
	return &out
}

// is tells whether a value is certainly of these kinds, null apart.
func (s *shape) is(k kindSet) bool {
	known := s.kinds &^ nullKind
	return !s.free && known != 0 && known&^k == 0
}

// union is the shape of a value that has the one or the other.
func union(a, b *shape) *shape {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	}
	if a.weight+b.weight > 2*maxWeight {
		return &shape{kinds: a.kinds | b.kinds, free: true}
	}
	out := &shape{kinds: a.kinds | b.kinds, free: a.free || b.free, items: union(a.items, b.items)}
	switch {
	case a.kinds&listKind == 0:
		out.least = b.least
	case b.kinds&listKind == 0:
		out.least = a.least
	default:
		out.least = min(a.least, b.least)
	}
	switch {
	case a.kinds&objectKind == 0:
		out.members, out.others = b.members, b.others
	case b.kinds&objectKind == 0:
		out.members, out.others = a.members, a.others
	default:
		out.members, out.others = uniteMembers(a, b), union(a.others, b.others)
	}
	return out.bounded()
}

// uniteMembers makes what one of two objects lacks a member that may be missing.
func uniteMembers(a, b *shape) map[string]*shape {
	out := make(map[string]*shape, len(a.members))
	for _, pair := range [][2]*shape{{a, b}, {b, a}} {
		for name, member := range pair[0].members {
			if twin, ok := pair[1].members[name]; ok {
				out[name] = union(member, twin)
			} else {
				out[name] = union(member, pair[1].others).orNull()
			}
		}
	}
	return out
}

// within tells whether a value of the shape fits another one too.
func (s *shape) within(other *shape) bool {
	if s == other {
		return true
	}
	return sameShape(union(s, other), other)
}

func sameShape(a, b *shape) bool {
	if a == b {
		return true
	}
	return a != nil && b != nil && a.kinds == b.kinds && a.free == b.free && a.least == b.least &&
		sameShape(a.items, b.items) && sameShape(a.others, b.others) && maps.EqualFunc(a.members, b.members, sameShape)
}

// names are those of the members, for suggestions.
func (s *shape) names() []string { return slices.Sorted(maps.Keys(s.members)) }

// everyMember is the shape of whatever member.
func (s *shape) everyMember() *shape {
	out := s.others
	for _, m := range s.members {
		out = union(out, m)
	}
	if out == nil {
		return anything // there is none
	}
	return out
}

// shapeOf is what a sample says of its kind.
func shapeOf(v any) *shape {
	switch v := v.(type) {
	case bool:
		return some(boolKind)
	case string:
		return some(textKind)
	case int, float64, outsize:
		return some(numberKind)
	case []any:
		var items *shape
		for _, item := range v {
			items = union(items, shapeOf(item))
		}
		return (&shape{kinds: listKind, items: items, least: len(v)}).weighed()
	case map[string]any:
		o := &shape{kinds: objectKind, members: make(map[string]*shape, len(v))}
		for name, member := range v {
			o.members[name] = shapeOf(member)
		}
		return o.weighed()
	}
	return some(nullKind)
}

// opened is the shape with what a sample leaves open: null and the items of an
// empty list say nothing of a kind.
func (s *shape) opened() *shape {
	if s.kinds == nullKind {
		return unknown
	}
	out := *s
	if s.kinds&listKind != 0 {
		out.items = anything
		if s.items != nil {
			out.items = s.items.opened()
		}
	}
	if s.members != nil {
		out.members = make(map[string]*shape, len(s.members))
		for name, member := range s.members {
			out.members[name] = member.opened()
		}
	}
	return out.weighed()
}
