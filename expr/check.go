package expr

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Check tells what is wrong with the program for events like the sample, by
// rising Offset: members that the sample lacks, operators and functions on kinds
// that they don't take, what may be null where null is none of them, and a
// result that is not of the wanted kind. A message can stand behind the name of
// an event ("In contact.subscribed, …"). Check runs nothing.
func (p *Program) Check(s *Sample, kind Kind) []*Error {
	tree, err := parser.ParseWithConfig(string(p.src), newLanguage())
	if err != nil {
		return nil // Compile has let it in, so that this can't be
	}
	if e := resolve(p.sees, p.src, &tree.Node); e != nil {
		return []*Error{e}
	}
	c := checker{source: p.src, data: s.shape}
	c.result(tree.Node, kind)
	slices.SortStableFunc(c.errs, func(a, b *Error) int { return cmp.Compare(a.Offset, b.Offset) })
	return c.errs
}

// A checker goes through a resolved tree and works out the shape of every value.
type checker struct {
	source
	data  *shape
	vars  []variable // those of let, in scope
	loops []loop     // around the node, the innermost last
	facts []fact     // what the conditions around the node have told
	scope int        // of variables and loops: a number for each
	left  int        // visits until nothing more is looked at

	errs []*Error
}

type variable struct {
	name  string
	key   string // of its value, see key
	shape *shape
}

// A loop is a function that goes through a list.
type loop struct {
	scope int
	list  string // how the list is called, for messages; may be empty
	item  *shape
	acc   *shape // of reduce
}

// result checks what the whole expression yields.
func (c *checker) result(root ast.Node, kind Kind) {
	c.left = maxCost
	s := c.shape(root)
	switch kind {
	case Bool:
		if bad := s.kinds &^ boolKind; bad == nullKind {
			c.complain(root, c.call(root)+" can be null, not only true or false", "?? false behind it says what null means")
		} else if bad != 0 {
			c.report(c.whole("the expression yields "+bad.words()+", not true or false", adviceBool))
		}
	case Scalar:
		if bad := s.kinds & (listKind | objectKind); bad != 0 {
			c.report(c.whole("the expression yields "+bad.words()+adviceScalar[0], adviceScalar[1]))
			return
		}
		c.writable(root, s)
	default:
		c.writable(root, s)
	}
}

// shape checks a node and tells what it yields.
func (c *checker) shape(n ast.Node) *shape {
	if c.left--; c.left < 0 {
		return anything
	}
	switch n := n.(type) {
	case *ast.NilNode:
		return some(nullKind)
	case *ast.BoolNode:
		return some(boolKind)
	case *ast.IntegerNode, *ast.FloatNode:
		return some(numberKind)
	case *ast.StringNode:
		return some(textKind)
	case *ast.IdentifierNode:
		return c.known(n, c.name(n))
	case *ast.PointerNode:
		return c.known(n, c.pointer(n))
	case *ast.MemberNode:
		return c.member(n, n.Optional)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.BuiltinNode:
		return c.function(n, n.Name, n.Arguments)
	case *ast.CallNode:
		return c.callNode(n)
	case *ast.VariableDeclaratorNode:
		return c.let(n)
	case *ast.SequenceNode:
		return c.sequence(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.object(n)
	}
	return unknown
}

func (c *checker) name(n *ast.IdentifierNode) *shape {
	if v := c.variable(n.Value); v != nil {
		return v.shape
	}
	if n.Value == eventRoot {
		return eventShape
	}
	return c.data
}

// variable is the innermost of a name; nil if there is none.
func (c *checker) variable(name string) *variable {
	for i := len(c.vars) - 1; i >= 0; i-- {
		if c.vars[i].name == name {
			return &c.vars[i]
		}
	}
	return nil
}

func (c *checker) pointer(n *ast.PointerNode) *shape {
	if len(c.loops) == 0 {
		return unknown
	}
	l := c.loops[len(c.loops)-1]
	switch {
	case n.Name == "index":
		return some(numberKind)
	case n.Name == "acc" && l.acc != nil:
		return l.acc
	case n.Name == "":
		return l.item
	}
	return unknown
}

func (c *checker) let(n *ast.VariableDeclaratorNode) *shape {
	v := variable{name: n.Name, key: c.key(n.Value), shape: c.shape(n.Value)}
	if v.key == "" {
		v.key = "let" + strconv.Itoa(c.newScope())
	}
	c.vars = append(c.vars, v)
	defer func() { c.vars = c.vars[:len(c.vars)-1] }()
	return c.shape(n.Expr)
}

func (c *checker) newScope() int {
	c.scope++
	return c.scope
}

func (c *checker) sequence(n *ast.SequenceNode) *shape {
	last := unknown
	for _, part := range n.Nodes {
		last = c.shape(part)
	}
	return last
}

func (c *checker) conditional(n *ast.ConditionalNode) *shape {
	c.wantBool(n.Cond, c.shape(n.Cond), "a condition")
	yes := c.given(c.told(n.Cond, true), n.Exp1)
	no := c.given(c.told(n.Cond, false), n.Exp2)
	return union(yes, no)
}

func (c *checker) array(n *ast.ArrayNode) *shape {
	var items *shape
	for _, item := range n.Nodes {
		items = union(items, c.shape(item))
	}
	if items == nil {
		items = anything
	}
	return listOf(items, len(n.Nodes))
}

func (c *checker) object(n *ast.MapNode) *shape {
	o := &shape{kinds: objectKind, members: map[string]*shape{}}
	for _, node := range n.Pairs {
		pair := node.(*ast.PairNode)
		value := c.shape(pair.Value)
		if name, ok := pair.Key.(*ast.StringNode); ok {
			o.members[name.Value] = value
			continue
		}
		c.want(pair.Key, c.shape(pair.Key), textKind, "a name")
		o.others = union(o.others, value.orNull())
	}
	return o.bounded()
}

// complain reports a mistake at a node, once.
func (c *checker) complain(n ast.Node, message, hint string) {
	c.report(c.at(n.Location(), message, hint))
}

// report leaves out what is known already, and what is no more than a guess since
// not all has been looked at.
func (c *checker) report(e *Error) {
	if c.left >= 0 && !slices.ContainsFunc(c.errs, func(known *Error) bool { return *known == *e }) {
		c.errs = append(c.errs, e)
	}
}

// want reports a value that is not, or may not be, of the wanted kinds.
func (c *checker) want(n ast.Node, s *shape, wanted kindSet, what string) {
	c.wantAs(n, s, wanted, what, wanted.words())
}

func (c *checker) wantBool(n ast.Node, s *shape, what string) { c.want(n, s, boolKind, what) }

func (c *checker) wantAs(n ast.Node, s *shape, wanted kindSet, what, words string) {
	bad := s.kinds &^ wanted
	switch {
	case bad == 0:
	case bad == nullKind && (s.free || s.kinds != nullKind):
		c.complain(n, c.call(n)+" can be null, and "+what+" wants "+words, adviceNull)
	default:
		c.complain(n, what+" wants "+words+", not "+bad.words(), adviseWanted(wanted, bad))
	}
}

// adviseWanted is for a value of another kind than is wanted.
func adviseWanted(wanted, bad kindSet) string {
	switch {
	case wanted == boolKind:
		return adviceBool
	case wanted&^nullKind == textKind && bad == numberKind:
		return adviceString
	case wanted&^nullKind == textKind && bad == listKind:
		return "write 'new' in tags of a list; join(…) makes text of one"
	case wanted&^(nullKind|durationKind) == numberKind && bad == textKind:
		return adviceNumber
	}
	return ""
}

const adviceNull = "?? gives a value in place of null"

// writable reports a value that JSON can't hold.
func (c *checker) writable(n ast.Node, s *shape) {
	if bad := unwritable(s); bad&durationKind != 0 {
		c.complain(n, "a duration can't be written as it is", "say in what, such as .Seconds()")
	} else if bad != 0 {
		c.complain(n, bad.words()+" can't be written", "")
	}
}

func unwritable(s *shape) kindSet {
	if s == nil {
		return 0
	}
	bad := s.kinds&(durationKind|zoneKind) | unwritable(s.items) | unwritable(s.others)
	for _, m := range s.members {
		bad |= unwritable(m)
	}
	return bad
}
