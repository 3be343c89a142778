package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// A fact is what a condition has told of a value: that it is not null.
type fact struct{ value string } // its key

// key tells values apart: two nodes with one key yield the same. It is empty
// where that is not sure.
func (c *checker) key(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if v := c.variable(n.Value); v != nil {
			return v.key
		}
		return n.Value
	case *ast.PointerNode:
		if n.Name == "" && len(c.loops) > 0 {
			return loopKey(c.loops[len(c.loops)-1])
		}
	case *ast.MemberNode:
		s, ok := stepOf(n.Property)
		if base := c.key(n.Node); ok && base != "" {
			return base + s.key()
		}
	}
	return ""
}

func loopKey(l loop) string { return "#" + strconv.Itoa(l.scope) }

func (s step) key() string {
	if s.indexed {
		return "[" + strconv.Itoa(s.index) + "]"
	}
	return "[" + strconv.Quote(s.name) + "]"
}

// known is the shape of a value in the light of the facts.
func (c *checker) known(n ast.Node, s *shape) *shape {
	if !s.nullable() || len(c.facts) == 0 {
		return s
	}
	if key := c.key(n); key != "" && slices.Contains(c.facts, fact{key}) {
		return s.solid()
	}
	return s
}

// given checks a node in the light of more facts.
func (c *checker) given(facts []fact, n ast.Node) *shape {
	before := len(c.facts)
	c.facts = append(c.facts, facts...)
	defer func() { c.facts = c.facts[:before] }()
	return c.shape(n)
}

// told are the facts that hold once a condition came out as yes says.
func (c *checker) told(n ast.Node, yes bool) []fact {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			return c.told(n.Node, !yes)
		}
	case *ast.BinaryNode:
		return c.toldBy(n, yes)
	case *ast.MemberNode, *ast.IdentifierNode, *ast.PointerNode:
		return c.solid(n) // a condition that came out at all
	}
	return nil
}

func (c *checker) toldBy(n *ast.BinaryNode, yes bool) []fact {
	switch n.Operator {
	case "and", "&&":
		if yes {
			return append(c.told(n.Left, true), c.told(n.Right, true)...)
		}
	case "or", "||":
		if !yes {
			return append(c.told(n.Left, false), c.told(n.Right, false)...)
		}
	case "==":
		if yes {
			return c.equals(n.Left, n.Right)
		}
		return c.differs(n.Left, n.Right)
	case "!=":
		if yes {
			return c.differs(n.Left, n.Right)
		}
		return c.equals(n.Left, n.Right)
	case "startsWith", "endsWith", "contains", "matches":
		if yes {
			return append(c.solid(n.Left), c.solid(n.Right)...)
		}
	case "in":
		if yes {
			return c.found(n.Left, n.Right)
		}
	case "<", ">", "<=", ">=":
		return append(c.solid(n.Left), c.solid(n.Right)...) // whatever came out
	}
	return nil
}

// solid is the fact that a value is not null.
func (c *checker) solid(n ast.Node) []fact {
	if key := c.key(n); key != "" {
		return []fact{{key}}
	}
	return nil
}

// equals are the facts that the one side tells of the other.
func (c *checker) equals(a, b ast.Node) []fact {
	switch {
	case isLiteral(b):
		return c.solid(a)
	case isLiteral(a):
		return c.solid(b)
	}
	return nil
}

// differs is for what is not null.
func (c *checker) differs(a, b ast.Node) []fact {
	if _, ok := b.(*ast.NilNode); ok {
		return c.solid(a)
	}
	if _, ok := a.(*ast.NilNode); ok {
		return c.solid(b)
	}
	return nil
}

// found is for what is in a list without null.
func (c *checker) found(value, list ast.Node) []fact {
	if l, ok := list.(*ast.ArrayNode); ok && !slices.ContainsFunc(l.Nodes, func(n ast.Node) bool { return !isLiteral(n) }) {
		return c.solid(value)
	}
	return nil
}

// isLiteral tells of a value in the source that is not null.
func isLiteral(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	}
	return false
}

// refined is the item of a loop in the light of what its condition has told.
func (c *checker) refined(l loop, facts []fact) *shape {
	item := l.item
	for _, f := range facts {
		if steps, ok := strings.CutPrefix(f.value, loopKey(l)); ok {
			item = refine(item, steps)
		}
	}
	return item
}

// refine is a shape whose value behind the steps of a key is not null.
func refine(s *shape, steps string) *shape {
	if steps == "" {
		return s.solid()
	}
	for name, m := range s.members {
		rest, ok := strings.CutPrefix(steps, step{name: name}.key())
		if !ok {
			continue
		}
		out := *s.solid()
		out.members = make(map[string]*shape, len(s.members))
		for other, shape := range s.members {
			out.members[other] = shape
		}
		out.members[name] = refine(m, rest)
		return &out
	}
	return s
}
