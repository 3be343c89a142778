package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A composer puts a text together from its parts.
type composer struct {
	l     *loader
	place hcl.Range
	parts []node

	fixed strings.Builder // what follows the parts
	at    hcl.Range       // of its beginning
	bytes int             // of all fixed text
}

const (
	notInString       = "An object or list can't stand inside a string."
	notInStringAdvice = "Write it as text with jsonencode or join."
)

// add puts what stands in a ${} into the text.
func (c *composer) add(n node) bool {
	switch n := n.(type) {
	case *literal:
		if n.kind == nullKind {
			c.l.fail(n.place, `Write "" if nothing is meant.`, "A null can't stand inside a string.")
			return false
		}
		return c.literal(n)
	case *text:
		for _, p := range n.parts {
			if !c.add(p) {
				return false
			}
		}
	case *object, *array:
		c.l.fail(n.at(), notInStringAdvice, notInString)
		return false
	default:
		c.flush()
		c.parts = append(c.parts, n)
	}
	return true
}

func (c *composer) literal(n *literal) bool {
	c.l.spend(c.place, valueWork+len(n.text))
	if c.bytes += len(n.text); c.bytes > maxText {
		c.l.failWith(c.place, errTooLong)
		return false
	}
	if c.fixed.Len() == 0 {
		c.at = n.place
	}
	c.fixed.WriteString(n.text)
	return true
}

func (c *composer) flush() {
	if c.fixed.Len() > 0 {
		c.parts = append(c.parts, &literal{stringKind, c.fixed.String(), c.at})
		c.fixed.Reset()
	}
}

// node is the literal of a text without anything else in it, or the text.
func (c *composer) node() node {
	if len(c.parts) == 0 {
		return &literal{stringKind, c.fixed.String(), c.place}
	}
	c.flush()
	return &text{c.parts, c.place}
}
