package expr

import (
	"github.com/expr-lang/expr/ast"
)

// ofLists are the functions that take a list first: what they yield.
var ofLists map[string]func(c *checker, name string, args []ast.Node) *shape

func init() { // it refers to itself
	some1 := func(k kindSet) func(*checker, string, []ast.Node) *shape {
		return func(c *checker, name string, args []ast.Node) *shape {
			c.loop(name, args, boolKind, nil)
			return some(k)
		}
	}
	ofLists = map[string]func(c *checker, name string, args []ast.Node) *shape{
		"all": some1(boolKind), "none": some1(boolKind), "any": some1(boolKind), "one": some1(boolKind),
		"count": some1(numberKind), "findIndex": some1(numberKind | nullKind),
		"find": (*checker).find, "findLast": (*checker).find, "filter": (*checker).filter,
		"map": (*checker).mapped, "sum": (*checker).sum, "groupBy": (*checker).groupBy,
		"sortBy": (*checker).sorted, "sort": (*checker).sorted, "reduce": (*checker).reduce,
		"reverse": (*checker).rearranged, "take": (*checker).rearranged, "uniq": (*checker).rearranged,
		"concat": (*checker).concat, "flatten": (*checker).flatten, "join": (*checker).join,
		"first": (*checker).end, "last": (*checker).end,
	}
}

// list checks that an argument is a list and gives its shape.
func (c *checker) list(name string, arg ast.Node) *shape {
	s := c.shape(arg)
	c.want(arg, s, listKind, name)
	switch {
	case s.kinds&listKind == 0 || s.items == nil:
		return listOf(anything, 0)
	case s.free:
		return listOf(union(s.items, anything), s.least)
	}
	return s
}

// loop goes through a list: the predicate, if there is one, has to be of the
// wanted kinds; else the items have to. It gives the list, what comes out of the
// predicate, and what that tells of an item if it is true.
func (c *checker) loop(name string, args []ast.Node, wanted kindSet, acc *shape) (list, out, held *shape) {
	list = c.list(name, args[0])
	if len(args) < 2 {
		c.want(args[0], list.items, wanted, name+" of a list")
		return list, list.items, list.items
	}
	body, ok := args[1].(*ast.PredicateNode)
	if !ok {
		return list, c.shape(args[1]), list.items
	}
	l := loop{scope: c.newScope(), list: c.path(args[0]), item: list.items, acc: acc}
	c.loops = append(c.loops, l)
	defer func() { c.loops = c.loops[:len(c.loops)-1] }()
	out = c.shape(body.Node)
	if wanted == boolKind {
		c.want(body.Node, out, boolKind, "a condition")
	} else if wanted != anyKind {
		c.want(body.Node, out, wanted, name)
	}
	return list, out, c.refined(l, c.told(body.Node, true))
}

func (c *checker) find(name string, args []ast.Node) *shape {
	_, _, held := c.loop(name, args, boolKind, nil)
	return held.orNull()
}

func (c *checker) filter(name string, args []ast.Node) *shape {
	_, _, held := c.loop(name, args, boolKind, nil)
	return listOf(held, 0)
}

func (c *checker) mapped(name string, args []ast.Node) *shape {
	list, out, _ := c.loop(name, args, anyKind, nil)
	return listOf(out, list.least)
}

func (c *checker) sum(name string, args []ast.Node) *shape {
	c.loop(name, args, numberKind, nil)
	return some(numberKind)
}

func (c *checker) groupBy(name string, args []ast.Node) *shape {
	list, _, _ := c.loop(name, args, textKind|numberKind|boolKind|nullKind, nil)
	return objectOf(listOf(list.items, 1).orNull())
}

// sorted is for sort and sortBy: what they go by has to be of one kind.
func (c *checker) sorted(name string, args []ast.Node) *shape {
	var list, by *shape
	order := 1
	if name == "sort" {
		list = c.list(name, args[0])
		by = list.items
	} else {
		list, by, _ = c.loop(name, args, anyKind, nil)
		order = 2
	}
	if order < len(args) {
		c.want(args[order], c.shape(args[order]), textKind, name)
	}
	at := args[min(order-1, len(args)-1)]
	if body, ok := at.(*ast.PredicateNode); ok {
		at = body.Node
	}
	c.want(at, by, numberKind|textKind|timeKind|durationKind, name)
	if k := by.kinds; k&(k-1) != 0 && !by.nullable() {
		c.complain(at, name+" can't compare "+k.words(), "")
	}
	return list
}

// reduce looks at its body again where that widens what has been gathered.
func (c *checker) reduce(name string, args []ast.Node) *shape {
	acc := c.list(name, args[0]).items
	if len(args) == 3 {
		acc = c.shape(args[2])
	}
	for range 2 {
		before := len(c.errs)
		_, out, _ := c.loop(name, args, anyKind, acc)
		if len(c.errs) > before || out.within(acc) {
			return union(acc, out)
		}
		acc = union(acc, out)
	}
	return anything
}

func (c *checker) rearranged(name string, args []ast.Node) *shape {
	list := c.list(name, args[0])
	if len(args) == 2 {
		c.want(args[1], c.shape(args[1]), numberKind, name)
	}
	least := list.least
	if name != "reverse" {
		least = 0
	}
	return listOf(list.items, least)
}

func (c *checker) concat(name string, args []ast.Node) *shape {
	var items *shape
	least := 0
	for _, arg := range args {
		list := c.list(name, arg)
		items, least = union(items, list.items), least+list.least
	}
	return listOf(items, least)
}

func (c *checker) flatten(name string, args []ast.Node) *shape {
	return listOf(flat(c.list(name, args[0]).items), 0)
}

// flat is the shape of what is left of an item when its lists are opened.
func flat(s *shape) *shape {
	if s.kinds&listKind == 0 || s.items == nil {
		return s
	}
	inner := flat(s.items)
	if s.kinds == listKind {
		return inner
	}
	rest := *s
	rest.kinds, rest.items, rest.least = s.kinds&^listKind, nil, 0
	return union(&rest, inner)
}

func (c *checker) join(name string, args []ast.Node) *shape {
	list := c.list(name, args[0])
	c.want(args[0], list.items, nullKind|boolKind|numberKind|textKind|timeKind, "join of a list")
	if len(args) == 2 {
		c.want(args[1], c.shape(args[1]), textKind, name)
	}
	return some(textKind)
}

// end is the first or last item; that of an empty list is null.
func (c *checker) end(name string, args []ast.Node) *shape {
	s := c.shape(args[0])
	c.want(args[0], s, listKind|nullKind, name)
	switch {
	case s.kinds&listKind == 0 || s.items == nil:
		return unknown
	case s.free:
		return union(s.items, unknown)
	case s.kinds == listKind && s.least > 0:
		return s.items
	}
	return s.items.orNull()
}
