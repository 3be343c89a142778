package expr

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

const (
	maxNodes   = 2000    // of a tree
	maxNesting = 256     // of a tree
	maxLoops   = 2       // functions that go through a list, one within another's expression
	maxCost    = 100_000 // visits of its nodes by the type checker
)

// children gives every child of a node to f, which may replace it.
func children(n ast.Node, f func(child *ast.Node)) {
	all := func(list []ast.Node) {
		for i := range list {
			f(&list[i])
		}
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		f(&n.Node)
	case *ast.BinaryNode:
		f(&n.Left)
		f(&n.Right)
	case *ast.ChainNode:
		f(&n.Node)
	case *ast.MemberNode:
		f(&n.Node)
		f(&n.Property)
	case *ast.SliceNode:
		f(&n.Node)
		if n.From != nil {
			f(&n.From)
		}
		if n.To != nil {
			f(&n.To)
		}
	case *ast.CallNode:
		f(&n.Callee)
		all(n.Arguments)
	case *ast.BuiltinNode:
		all(n.Arguments)
	case *ast.PredicateNode:
		f(&n.Node)
	case *ast.VariableDeclaratorNode:
		f(&n.Value)
		f(&n.Expr)
	case *ast.SequenceNode:
		all(n.Nodes)
	case *ast.ConditionalNode:
		f(&n.Cond)
		f(&n.Exp1)
		f(&n.Exp2)
	case *ast.ArrayNode:
		all(n.Nodes)
	case *ast.MapNode:
		all(n.Pairs)
	case *ast.PairNode:
		f(&n.Key)
		f(&n.Value)
	}
}

// A size is how deep a tree is, and how many visits the type checker pays to it:
// it visits a node once for each parent (a < b < c shares b), and the arguments
// of a function once for each of its overloads, so that small sources can have
// it work forever.
type size struct{ depth, cost int }

func measure(n ast.Node, known map[ast.Node]size) size {
	if s, ok := known[n]; ok {
		return s
	}
	s := size{cost: 1}
	children(n, func(child *ast.Node) {
		c := measure(*child, known)
		s.depth = max(s.depth, c.depth)
		s.cost = min(s.cost+c.cost, maxCost+1)
	})
	s.depth++
	s.cost = min(s.cost*overloads(n), maxCost+1)
	known[n] = s
	return s
}

func overloads(n ast.Node) int {
	switch n := n.(type) {
	case *ast.BuiltinNode:
		if i, ok := builtin.Index[n.Name]; ok {
			return max(1, len(builtin.Builtins[i].Types))
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && functions[callee.Value] != nil {
			return max(1, len(functions[callee.Value].Types))
		}
	}
	return 1
}

// deepLoop finds a function that goes through a list within the expressions of
// too many others.
func deepLoop(n ast.Node, loops int) (deep ast.Node) {
	if f, ok := n.(*ast.BuiltinNode); ok && loops == maxLoops && hasPredicate(f) {
		return n
	}
	if _, ok := n.(*ast.PredicateNode); ok {
		loops++
	}
	children(n, func(child *ast.Node) {
		if deep == nil {
			deep = deepLoop(*child, loops)
		}
	})
	return deep
}

func hasPredicate(n *ast.BuiltinNode) bool {
	return slices.ContainsFunc(n.Arguments, func(arg ast.Node) bool {
		_, ok := arg.(*ast.PredicateNode)
		return ok
	})
}
