package config

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// takes is what an attribute may be, with its default and bounds.
type takes interface {
	words() string // for people: a duration from 1ms to 10m
	def() node     // the default as one would write it; nil: none
	schema() node  // JSON Schema
}

type takesText struct {
	fixed   string // the default; empty: none
	like    string // what kind of text, in Markdown; empty: any
	pattern string // for JSON Schema; empty: any
}

type takesBool struct{ fixed bool }

type takesInt struct{ fixed, least, most int } // fixed below least: there is no default

type takesDuration struct{ fixed, least, most time.Duration }

type takesSize struct{ fixed, least, most int64 }

// takesChoice is one of a few words; others mean the same as one of them, and
// are not advertised.
type takesChoice struct {
	fixed   string
	choices []string
	others  []string
	anyCase bool // capitals or not
}

type takesList struct {
	of    takes
	fixed []node // the default; nil: none
	least int
	most  int  // 0: no bound of its own
	one   bool // a single value may stand for a list of one
}

// takesObject has these members, or any that are alike.
type takesObject struct {
	members []attribute
	of      takes // of any name
}

// takesEither is the one or the other.
type takesEither struct{ one, other takes }

// takesExpr is expr("…").
type takesExpr struct {
	yields string // for people; empty: true or false
}

// takesAny is any value, or any of one JSON type.
type takesAny struct{ like, kind string }

func (t takesText) words() string {
	if t.like == "" {
		return "text"
	}
	return t.like
}

func (takesBool) words() string { return "`true`, `false`" }

func (t takesInt) words() string { return fmt.Sprintf("a whole number from %d to %d", t.least, t.most) }

func (t takesDuration) words() string {
	return fmt.Sprintf("a duration from `%s` to `%s`", short(t.least), short(t.most))
}

func (t takesSize) words() string {
	return fmt.Sprintf("a size from `%s` to `%s`", whole(t.least), whole(t.most))
}

func (t takesChoice) words() string { return "`" + strings.Join(t.choices, "`, `") + "`" }

func (t takesList) words() string {
	switch {
	case t.one:
		return t.of.words() + ", or a list of them"
	case t.most > 0:
		return fmt.Sprintf("a list of at most %d: %s", t.most, t.of.words())
	}
	return "a list: " + t.of.words()
}

func (t takesObject) words() string {
	if t.members == nil {
		return "an object of " + t.of.words()
	}
	var parts []string
	for _, m := range t.members {
		parts = append(parts, "`"+m.name+"`, "+m.takes.words())
	}
	return "an object: " + strings.Join(parts, "; ")
}

func (t takesEither) words() string { return t.one.words() + ", or " + t.other.words() }

func (t takesExpr) words() string {
	return "`expr(\"…\")` that yields " + cmp.Or(t.yields, "true or false")
}

func (t takesAny) words() string {
	if t.like == "" {
		return "any values"
	}
	return t.like
}

func (t takesText) def() node {
	if t.fixed == "" {
		return nil
	}
	return textNode(t.fixed)
}

func (t takesBool) def() node     { return boolNode(t.fixed) }
func (t takesDuration) def() node { return textNode(short(t.fixed)) }
func (t takesSize) def() node     { return textNode(whole(t.fixed)) }

func (t takesInt) def() node {
	if t.fixed < t.least {
		return nil
	}
	return intNode(t.fixed)
}

func (t takesChoice) def() node {
	if t.fixed == "" {
		return nil
	}
	return textNode(t.fixed)
}

func (t takesList) def() node {
	if t.fixed == nil {
		return nil
	}
	return &array{items: t.fixed}
}

// def has the defaults of the members that have one.
func (t takesObject) def() node {
	var fields []field
	for _, m := range t.members {
		if d := m.takes.def(); d != nil {
			fields = append(fields, field{name: m.name, value: d})
		}
	}
	if fields == nil {
		return nil
	}
	return &object{fields: fields}
}

func (takesEither) def() node { return nil }
func (takesExpr) def() node   { return nil }
func (takesAny) def() node    { return nil }

// whole writes 1GiB rather than 1.0GiB.
func whole(n int64) string { return strings.Replace(tight(n), ".0", "", 1) }

func textNode(s string) node { return &literal{kind: stringKind, text: s} }
func boolNode(b bool) node   { return &literal{kind: boolKind, text: strconv.FormatBool(b)} }
func intNode(n int) node     { return &literal{kind: numberKind, text: strconv.Itoa(n)} }
