package expr

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/utils"
)

// member is what a node yields that names a member or counts an item. What the
// sample lacks is a mistake, unless the source says that it may be missing
// (lenient): a?.b says so of both, a and b.
func (c *checker) member(n *ast.MemberNode, lenient bool) *shape {
	var from *shape
	if inner, ok := n.Node.(*ast.MemberNode); ok {
		from = c.member(inner, n.Optional || inner.Optional)
	} else {
		from = c.shape(n.Node)
	}
	var out *shape
	switch key := n.Property.(type) {
	case *ast.StringNode:
		out = c.named(n, from, key.Value, lenient)
	default:
		out = c.counted(n, from, c.shape(n.Property))
	}
	return c.known(n, out)
}

// named is a member by its name.
func (c *checker) named(n *ast.MemberNode, from *shape, name string, lenient bool) *shape {
	if from.free {
		return c.open(from, from.members[name])
	}
	if from.kinds&objectKind == 0 {
		return c.noMembers(n, from)
	}
	m, ok := from.members[name]
	if !ok {
		m = from.others
	}
	if m == nil {
		return c.missing(n, from, name, lenient)
	}
	if from.kinds != objectKind {
		return m.orNull()
	}
	return m
}

// open is what a value of which not all is known has in some place, where known
// is what is known of it.
func (c *checker) open(from, known *shape) *shape {
	if from.kinds&^(listKind|objectKind) != 0 {
		return union(known, unknown)
	}
	return union(known, anything)
}

// missing reports a member that the sample lacks. Where it may be missing, a name
// that is like one of the sample's is a slip all the same.
func (c *checker) missing(n *ast.MemberNode, from *shape, name string, lenient bool) *shape {
	hint := suggest(name, from.names())
	if lenient && hint == "" {
		return unknown
	}
	c.complain(n.Property, "there is no "+cmp.Or(c.path(n), "member "+strconv.Quote(name)), cmp.Or(c.adviseSlip(n, from, name), hint, c.adviceMissing(n)))
	return anything // one mistake is enough
}

// adviseSlip is for a name that was not meant as one; empty if it may have been.
func (c *checker) adviseSlip(n *ast.MemberNode, from *shape, name string) string {
	at := c.at(n.Property.Location(), "", "")
	rest := string(c.source[at.Offset+at.Length:])
	if tail := hyphenated.FindString(rest); tail != "" && from.members[name+tail] != nil {
		return "a name with a - in it stands in brackets: " + c.path(n.Node) + "[" + strconv.Quote(name+tail) + "]"
	}
	if !isRoot(n.Node) {
		return ""
	}
	follows := strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "?.")
	if next := nextName.FindStringSubmatch(rest); next != nil && from.members[next[1]] != nil {
		return "leave out " + name + ": paths begin like " + next[1]
	}
	switch lower := strings.ToLower(name); {
	case follows:
		return ""
	case lower == "null" || lower == "none" || lower == "undefined":
		return "write nil for null"
	}
	for _, outer := range from.names() {
		if from.members[outer].members[name] != nil {
			return "did you mean " + outer + "." + name + "?"
		}
	}
	if suggest(name, from.names()) != "" || !utils.IsValidIdentifier(name) {
		return ""
	}
	return "text stands in quotes: '" + name + "'; data?." + name + " says that it may be missing"
}

var (
	hyphenated = regexp.MustCompile(`^(?:-[\pL\pN_]+)+`)
	nextName   = regexp.MustCompile(`^\??\.([\pL_][\pL\pN_]*)`)
)

// isRoot tells whether a node is the whole of the event's data.
func isRoot(n ast.Node) bool {
	name, ok := n.(*ast.IdentifierNode)
	return ok && name.Value == dataRoot
}

// adviceMissing says how to ask for a member that may be missing.
func (c *checker) adviceMissing(n *ast.MemberNode) string {
	base, name := c.path(n.Node), n.Property.(*ast.StringNode).Value
	switch {
	case base == "":
		return ""
	case utils.IsValidIdentifier(name):
		return base + "?." + name + " says that it may be missing"
	}
	return "get(" + base + ", " + strconv.Quote(name) + ") says that it may be missing"
}

func (c *checker) noMembers(n *ast.MemberNode, from *shape) *shape {
	if from.kinds == nullKind {
		return unknown
	}
	hint := ""
	if name := n.Property.(*ast.StringNode).Value; otherName(name) == adviceLen {
		hint = adviceLen
	} else if from.is(listKind) {
		hint = "map(…, ." + n.Property.(*ast.StringNode).Value + ") takes it of every item, [0] is the first item"
	}
	c.complain(n.Property, c.call(n.Node)+" is "+from.solid().kinds.words()+", which has no members", hint)
	return anything
}

// counted is an item by its number, or a member by a name that is worked out.
func (c *checker) counted(n *ast.MemberNode, from, key *shape) *shape {
	switch {
	case from.free:
		return c.open(from, from.items).orNull()
	case from.kinds == nullKind:
		return unknown
	case from.is(listKind) && !key.free && key.kinds&numberKind == 0:
		c.complain(n.Property, "items of a list have numbers, not "+key.kinds.words(), "")
	case from.is(objectKind) && !key.free && key.kinds&textKind == 0:
		c.complain(n.Property, key.kinds.words()+" can't name a member of an object", "")
	case from.kinds&(listKind|objectKind) == 0:
		hint := ""
		if from.is(textKind) {
			hint = "[:1] is its first character"
		}
		c.complain(n.Property, c.call(n.Node)+" is "+from.solid().kinds.words()+", which has no items", hint)
	case from.kinds == listKind:
		return item(from, n.Property)
	case from.is(listKind):
		return from.items.orNull()
	default:
		return unknown
	}
	return anything
}

// item is one of a list. It may be missing, unless the list is known to be long
// enough.
func item(list *shape, key ast.Node) *shape {
	if s, ok := stepOf(key); ok && s.indexed && -list.least <= s.index && s.index < list.least {
		return list.items
	}
	return list.items.orNull()
}

func (c *checker) slice(n *ast.SliceNode) *shape {
	from := c.shape(n.Node)
	for _, bound := range []ast.Node{n.From, n.To} {
		if bound != nil {
			c.want(bound, c.shape(bound), numberKind|nullKind, "[:]")
		}
	}
	c.wantAs(n.Node, from, textKind|listKind|nullKind, "[:]", "text or a list")
	out := *from
	out.kinds &= textKind | listKind | nullKind
	out.least = 0
	return &out
}

// path is how a value is called when nothing but names and numbers lead to it:
// contact.email, items[0].sku, and items[].sku within a function that goes
// through items. It is empty for all others.
func (c *checker) path(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.PointerNode:
		if n.Name == "" && len(c.loops) > 0 && c.loops[len(c.loops)-1].list != "" {
			return c.loops[len(c.loops)-1].list + "[]"
		}
	case *ast.MemberNode:
		s, ok := stepOf(n.Property)
		base := c.path(n.Node)
		if !ok || base == "" {
			return ""
		}
		if base == dataRoot && s.alone() {
			return s.name
		}
		return base + s.String()
	}
	return ""
}

// call is what a message calls a value.
func (c *checker) call(n ast.Node) string { return cmp.Or(c.path(n), "this") }
