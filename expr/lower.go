package expr

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// A lowerer goes through a checked tree and puts calls of our own operations
// where the operators stand, so that no opcode of expr-lang computes, compares
// or fetches: those wrap around, turn integers into floats, and fail on null.
type lowerer struct {
	source
	done map[ast.Node]ast.Node
	err  *Error // the first

	loops bool // goes through lists
}

func lower(src source, n *ast.Node) *Error {
	l := lowerer{source: src, done: map[ast.Node]ast.Node{}}
	l.node(n)
	if l.loops {
		*n = withMeter(*n)
	}
	return l.err
}

// node lowers a node in place. A tree may share nodes: each is lowered once.
func (l *lowerer) node(n *ast.Node) {
	old := *n
	if known, ok := l.done[old]; ok {
		*n = known
		return
	}
	*n = l.lowered(old)
	l.done[old], l.done[*n] = *n, *n
}

func (l *lowerer) lowered(n ast.Node) ast.Node {
	if call, ok := n.(*ast.CallNode); ok {
		return l.call(call)
	}
	children(n, l.node)
	switch n := n.(type) {
	case *ast.UnaryNode:
		return unary(n)
	case *ast.BinaryNode:
		return l.binary(n)
	case *ast.MemberNode:
		l.checkValue(n)
		return operation(n, ".", n.Node, n.Property)
	case *ast.SliceNode:
		return operation(n, "[:]", n.Node, orNil(n.From), orNil(n.To))
	case *ast.BuiltinNode:
		l.loops = true
		return builtinCall(n)
	case *ast.ArrayNode:
		return constant(n)
	}
	return n
}

// checkValue finds the method that is not called: its parentheses are missing.
func (l *lowerer) checkValue(n *ast.MemberNode) {
	if n.Nature().Kind == reflect.Func && l.err == nil {
		l.err = l.at(n.Location(), "a method is no value", "put () behind its name to call it")
	}
}

func (l *lowerer) call(n *ast.CallNode) ast.Node {
	for i := range n.Arguments {
		l.node(&n.Arguments[i])
	}
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		return operation(n, callee.Value, n.Arguments...)
	case *ast.MemberNode:
		l.node(&callee.Node)
		return operation(n, ".()", append([]ast.Node{callee.Node, callee.Property}, n.Arguments...)...)
	}
	return n
}

// operation is a call of a function or an operation. What it yields is of no
// known type: nothing is specialised on it.
func operation(old ast.Node, name string, args ...ast.Node) ast.Node {
	if isMetered(name) {
		args = append([]ast.Node{at(old, &ast.IdentifierNode{Value: meterRoot})}, args...)
	}
	return at(old, &ast.CallNode{Callee: at(old, &ast.IdentifierNode{Value: name}), Arguments: args})
}

func orNil(n ast.Node) ast.Node {
	if n == nil {
		return &ast.NilNode{}
	}
	return n
}

func unary(n *ast.UnaryNode) ast.Node {
	switch n.Operator {
	case "-":
		switch literal := n.Node.(type) {
		case *ast.IntegerNode:
			return at(n, &ast.IntegerNode{Value: -literal.Value})
		case *ast.FloatNode:
			return at(n, &ast.FloatNode{Value: -literal.Value})
		}
		return operation(n, "-x", n.Node)
	case "+":
		return operation(n, "+x", n.Node)
	}
	return n
}

func (l *lowerer) binary(n *ast.BinaryNode) ast.Node {
	name := n.Operator
	switch name {
	case "^":
		name = "**"
	case "==", "!=":
		if isLiteral(n.Left) || isLiteral(n.Right) {
			name += " literal"
		}
	case "matches":
		if literal, ok := n.Right.(*ast.StringNode); ok {
			n.Right = l.pattern(literal)
		}
	}
	if !isOperation(name) {
		return n
	}
	return operation(n, name, n.Left, n.Right)
}

// pattern compiles a pattern with the expression.
func (l *lowerer) pattern(n *ast.StringNode) ast.Node {
	p, err := newPattern(n.Value)
	if err != nil {
		if l.err == nil {
			l.err = l.at(n.Location(), err.Error(), "")
		}
		return n
	}
	return at(n, &ast.ConstantNode{Value: p})
}

func builtinCall(n *ast.BuiltinNode) ast.Node {
	n.Arguments[0] = listOnly(n, n.Arguments[0])
	for i, arg := range n.Arguments {
		if predicate, ok := arg.(*ast.PredicateNode); ok {
			n.Arguments[i] = ticking(n, predicate)
		}
	}
	switch n.Name {
	case "count":
		if len(n.Arguments) == 1 { // expr-lang's goes through it unseen
			return operation(n, "count()", n.Arguments[0])
		}
	case "sum": // expr-lang's wraps around
		return operation(n, "sum()", mapped(n))
	case "sortBy": // expr-lang's compares in its own way
		return operation(n, "sortBy()", append([]ast.Node{keyed(n)}, n.Arguments[2:]...)...)
	case "groupBy": // expr-lang's keys can be anything
		return operation(n, "groupBy()", keyed(n))
	case "findLast": // expr-lang's leaves garbage on its stack, which the next operation takes
		filter := at(n, &ast.BuiltinNode{Name: "filter", Arguments: n.Arguments})
		return operation(n, "last", filter)
	}
	return n
}

// ticking is a predicate that counts its steps.
func ticking(n *ast.BuiltinNode, predicate *ast.PredicateNode) ast.Node {
	callee := at(n, &ast.ConstantNode{Value: tick})
	callee.SetType(reflect.TypeOf(tick)) // one that expr-lang calls without a list of arguments
	call := at(n, &ast.CallNode{Callee: callee, Arguments: []ast.Node{at(n, &ast.IdentifierNode{Value: meterRoot})}})
	body := &ast.SequenceNode{Nodes: []ast.Node{call, predicate.Node}}
	return at(predicate, &ast.PredicateNode{Node: at(predicate, body)})
}

// tick counts one step of a meter; it panics when there is none, as expr-lang's
// own operations do.
func tick(m any) any {
	if err := m.(*meter).spend(1); err != nil {
		panic(err)
	}
	return nil
}

// withMeter has the meter at hand in all of a tree that goes through lists.
func withMeter(n ast.Node) ast.Node {
	return at(n, &ast.VariableDeclaratorNode{Name: meterRoot, Value: at(n, &ast.IdentifierNode{Value: meterRoot}), Expr: n})
}

// mapped is the list that a function's predicate makes of its first argument.
func mapped(n *ast.BuiltinNode) ast.Node {
	if len(n.Arguments) == 1 {
		return n.Arguments[0]
	}
	return at(n, &ast.BuiltinNode{Name: "map", Arguments: n.Arguments})
}

// keyed is the list of pairs of what a function's predicate makes of an item,
// and the item.
func keyed(n *ast.BuiltinNode) ast.Node {
	key := n.Arguments[1]
	pair := at(key, &ast.ArrayNode{Nodes: []ast.Node{key, at(key, &ast.PointerNode{})}})
	predicate := at(key, &ast.PredicateNode{Node: pair})
	return at(n, &ast.BuiltinNode{Name: "map", Arguments: []ast.Node{n.Arguments[0], predicate}})
}

func listOnly(n *ast.BuiltinNode, list ast.Node) ast.Node {
	call := operation(n, "[]", list, &ast.StringNode{Value: n.Name})
	call.SetType(reflect.TypeFor[[]any]())
	return call
}

// constant makes one value of a list of literals, once and for all runs.
func constant(n *ast.ArrayNode) ast.Node {
	list := make([]any, len(n.Nodes))
	for i, item := range n.Nodes {
		switch item := item.(type) {
		case *ast.IntegerNode:
			list[i] = item.Value
		case *ast.FloatNode:
			list[i] = item.Value
		case *ast.StringNode:
			list[i] = item.Value
		case *ast.BoolNode:
			list[i] = item.Value
		case *ast.NilNode:
		default:
			return n
		}
	}
	c := at(n, &ast.ConstantNode{Value: list})
	c.SetType(reflect.TypeFor[[]any]())
	return c
}
