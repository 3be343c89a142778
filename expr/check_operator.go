package expr

import (
	"github.com/expr-lang/expr/ast"
)

// A pair is the kinds that an operator works on, left and right.
type pair struct{ left, right kindSet }

// operatorKinds tell what they yield of every pair of kinds that they work on.
var operatorKinds = map[string]map[pair]kindSet{
	"+": {
		{numberKind, numberKind}: numberKind, {textKind, textKind}: textKind,
		{timeKind, durationKind}: timeKind, {durationKind, timeKind}: timeKind, {durationKind, durationKind}: durationKind,
	},
	"-": {
		{numberKind, numberKind}: numberKind,
		{timeKind, timeKind}:     durationKind, {timeKind, durationKind}: timeKind, {durationKind, durationKind}: durationKind,
	},
	"*":  {{numberKind, numberKind}: numberKind, {durationKind, numberKind}: durationKind, {numberKind, durationKind}: durationKind},
	"/":  {{numberKind, numberKind}: numberKind},
	"%":  {{numberKind, numberKind}: numberKind},
	"**": {{numberKind, numberKind}: numberKind},
	"<":  {{numberKind, numberKind}: boolKind, {textKind, textKind}: boolKind, {timeKind, timeKind}: boolKind, {durationKind, durationKind}: boolKind},
}

// done is what an operator does to its two sides, as at run time.
var done = map[string]string{
	"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided", "**": "raised to a power", "<": "compared",
}

func (c *checker) unary(n *ast.UnaryNode) *shape {
	s := c.shape(n.Node)
	switch n.Operator {
	case "-":
		c.wantAs(n.Node, s, numberKind|durationKind, "-", "a number")
		if s.is(durationKind) {
			return some(durationKind)
		}
		return some(numberKind)
	case "+":
		c.want(n.Node, s, numberKind, "+")
		return some(numberKind)
	}
	c.wantBool(n.Node, s, n.Operator)
	return some(boolKind)
}

func (c *checker) binary(n *ast.BinaryNode) *shape {
	a := c.shape(n.Left)
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n, a)
	case "??":
		return c.instead(n, a)
	}
	b := c.shape(n.Right)
	switch n.Operator {
	case "==", "!=":
		c.comparable(n, a, b)
		return some(boolKind)
	case "in":
		c.in(n, a, b)
		return some(boolKind)
	case "matches", "contains", "startsWith", "endsWith":
		c.want(n.Left, a, textKind|nullKind, n.Operator)
		c.want(n.Right, b, textKind|nullKind, n.Operator)
		return some(boolKind)
	case "..":
		c.want(n.Left, a, numberKind, "..")
		c.want(n.Right, b, numberKind, "..")
		return listOf(some(numberKind), 0)
	case "<", ">", "<=", ">=":
		return c.compute(n, "<", a, b)
	case "^":
		return c.compute(n, "**", a, b)
	}
	return c.compute(n, n.Operator, a, b)
}

func (c *checker) logic(n *ast.BinaryNode, a *shape) *shape {
	c.wantBool(n.Left, a, n.Operator)
	b := c.given(c.told(n.Left, n.Operator == "and" || n.Operator == "&&"), n.Right)
	c.wantBool(n.Right, b, n.Operator)
	return some(boolKind)
}

// instead is what ?? yields: its right side where the left one is null.
func (c *checker) instead(n *ast.BinaryNode, a *shape) *shape {
	b := c.shape(n.Right)
	switch {
	case a.kinds == nullKind:
		return b
	case !a.nullable():
		return a
	}
	return union(a.solid(), b)
}

// comparable reports what can never be equal.
func (c *checker) comparable(n *ast.BinaryNode, a, b *shape) {
	if c.disjoint(a, b) {
		c.complain(n, a.solid().kinds.words()+" and "+b.solid().kinds.words()+" are never equal", adviseKinds(a.solid().kinds|b.solid().kinds))
	}
}

func (c *checker) disjoint(a, b *shape) bool {
	return !a.free && !b.free && a.kinds != nullKind && b.kinds != nullKind && a.kinds&b.kinds == 0
}

func (c *checker) in(n *ast.BinaryNode, a, b *shape) {
	c.wantAs(n.Right, b, listKind|objectKind|nullKind, "in", "a list or an object")
	switch {
	case b.is(objectKind) && !a.free && a.kinds&textKind == 0:
		c.complain(n, "an object has names, not "+a.kinds.words(), "")
	case b.is(listKind) && b.items != nil && c.disjoint(a, b.items):
		c.complain(n, a.solid().kinds.words()+" is never in a list of "+plural(b.items.solid().kinds), adviseKinds(a.solid().kinds|b.items.solid().kinds))
	}
}

func plural(k kindSet) string {
	switch k {
	case numberKind:
		return "numbers"
	case textKind:
		return "texts"
	case listKind:
		return "lists"
	case objectKind:
		return "objects"
	}
	return k.words()
}

// compute is what an operator yields that works on certain pairs of kinds.
func (c *checker) compute(n *ast.BinaryNode, operator string, a, b *shape) *shape {
	for _, side := range []struct {
		node  ast.Node
		shape *shape
	}{{n.Left, a}, {n.Right, b}} {
		if s := side.shape; s.nullable() && (s.free || s.kinds != nullKind) {
			c.complain(side.node, c.call(side.node)+" can be null, and "+n.Operator+" wants a value", adviceNull)
		}
	}
	sure, possible, left, right := match(operatorKinds[operator], a, b)
	switch {
	case left != 0 && right != 0:
		c.disagree(n, operator, left, right)
	case left|right != 0:
		c.complain(n, n.Operator+" does not work on "+(left|right).words(), "")
	}
	switch {
	case left|right != 0:
		return anything
	case possible&(possible-1) == 0:
		return some(possible)
	}
	return &shape{kinds: sure, free: a.free || b.free}
}

// match tells what an operator surely yields, what it may yield, and which kinds
// of its sides it does not work on. Of a side that may have other kinds, one that
// works is enough.
func match(rules map[pair]kindSet, a, b *shape) (sure, possible, left, right kindSet) {
	ks, ls := kindsFor(a), kindsFor(b)
	var worksLeft, worksRight kindSet
	for p, out := range rules {
		x, y := ks&p.left != 0, ls&p.right != 0
		if (x || a.free) && (y || b.free) {
			possible, worksLeft, worksRight = possible|out, worksLeft|p.left, worksRight|p.right
		}
		if x && y {
			sure |= out
		}
	}
	ks.each(func(x kindSet) {
		ls.each(func(y kindSet) {
			if rules[pair{x, y}] == 0 {
				left, right = left|x, right|y
			}
		})
	})
	return sure, possible, left | ks&^worksLeft, right | ls&^worksRight
}

// disagree reports two sides that don't go together.
func (c *checker) disagree(n *ast.BinaryNode, operator string, left, right kindSet) {
	done, ok := done[operator]
	if !ok {
		c.complain(n, n.Operator+" works on numbers, not on "+left.words()+" and "+right.words(), "")
		return
	}
	hint := ""
	switch {
	case operator == "<" || left|right == textKind|timeKind:
		hint = adviseKinds(left | right)
	case operator == "+" && left|right == textKind|numberKind:
		hint = "string(…) makes text of a number"
	}
	c.complain(n, left.words()+" and "+right.words()+" can't be "+done, hint)
}

// kindsFor are the kinds that an operator has to work on.
func kindsFor(s *shape) kindSet {
	if s.kinds == nullKind && !s.free {
		return nullKind
	}
	return s.kinds &^ nullKind
}
