package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/expr"
)

// A node is a folded value with its place: *literal, *secretRef, *derived,
// *program, *text, *object or *array. Nodes are immutable and shared: a mapping
// that many webhooks use is folded once. A nil node had a problem, which has
// been reported.
type node interface{ at() hcl.Range }

type kind int

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
)

// A literal is fixed: text is the string itself, or how a number or boolean is written.
type literal struct {
	kind  kind
	text  string
	place hcl.Range
}

// A secretRef is a sensitive text, whole.
type secretRef struct {
	name  string
	place hcl.Range
}

// A derived value was made from a secret by a function. It may stand in
// settings, and nowhere else.
type derived struct {
	literal
	known   bool   // false without the environment
	open    bool   // no secret after all, but not known either
	through string // the function; empty: something else
}

// A program is expr("…").
type program struct {
	source   string
	compiled *expr.Program
	arg      *hclsyntax.TemplateExpr // its source, as written
	place    hcl.Range
}

// A text is put together; its parts are literals of kind string, secretRefs,
// derived values and programs.
type text struct {
	parts []node
	place hcl.Range
}

// A field has the place of its name in at.
type field struct {
	name  string
	at    hcl.Range
	value node
}

type object struct {
	fields []field
	place  hcl.Range
	extent
}

type array struct {
	items []node
	place hcl.Range
	extent
}

func (n *literal) at() hcl.Range   { return n.place }
func (n *secretRef) at() hcl.Range { return n.place }
func (n *program) at() hcl.Range   { return n.place }
func (n *text) at() hcl.Range      { return n.place }
func (n *object) at() hcl.Range    { return n.place }
func (n *array) at() hcl.Range     { return n.place }

// extent bounds what shared nodes would grow to when written out.
type extent struct {
	size, depth int
	bytes       int  // of texts
	fromEvents  bool // some of it is worked out from an event
}

const maxSize = 100_000 // values in one folded value

func extentOf(n node) extent {
	switch n := n.(type) {
	case *object:
		return n.extent
	case *array:
		return n.extent
	case *text:
		e := extent{size: 1 + len(n.parts)}
		for _, p := range n.parts {
			inner := extentOf(p)
			e.bytes += inner.bytes
			e.fromEvents = e.fromEvents || inner.fromEvents
		}
		return e
	case *literal:
		return extent{size: 1, bytes: len(n.text)}
	case *program:
		return extent{size: 1, fromEvents: true}
	}
	return extent{size: 1}
}

func (e *extent) hold(n node) {
	inner := extentOf(n)
	e.size += inner.size
	e.depth = max(e.depth, inner.depth+1)
	e.bytes += inner.bytes
	e.fromEvents = e.fromEvents || inner.fromEvents
}

func (e extent) check() error {
	switch {
	case e.depth > maxNesting:
		return fault{fmt.Sprintf("This value is nested deeper than %d levels.", maxNesting), "Write a flatter one."}
	case e.size > maxSize:
		return fault{fmt.Sprintf("This value holds more than %d values.", maxSize), "See which locals repeat one another."}
	case e.bytes > maxText:
		return errTooLong
	}
	return nil
}

var errTooLong = fault{"This grows to more than 4 MiB of text.", "No request may have as much: see which locals repeat one another."}

// isNull tells whether a value was given as null, which is as not given.
func isNull(n node) bool {
	l, ok := n.(*literal)
	return ok && l.kind == nullKind
}

// hugeNumber tells whether a number as written would take room out of all
// proportion: beyond what other programs can read, or over 400 digits.
func hugeNumber(s string) bool {
	_, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	if exponent = strings.TrimLeft(exponent, "+-0"); exponent == "" {
		return len(s) > 400
	}
	n, err := strconv.Atoi(exponent)
	return len(s) > 400 || err != nil || n > 400
}
