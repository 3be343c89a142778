package expr

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Reads are the paths that the program takes from an event, each once and in the
// order of the source, as far as they are constant: of data[name] only data is
// known, of map(items, .sku) only items. Each is an expression of its own.
func (p *Program) Reads() []string {
	tree, err := parser.ParseWithConfig(string(p.src), newLanguage())
	if err != nil || resolve(p.sees, p.src, &tree.Node) != nil {
		return nil // Compile has let it in, so that this can't be
	}
	var r reader
	r.node(tree.Node)
	return r.paths
}

// A reader goes through a resolved tree and notes paths.
type reader struct {
	vars  []alias // those of let, in scope
	paths []string
}

// An alias is a name that let gave to a path; to anything else if there is none.
type alias struct {
	name string
	path *path
}

func (r *reader) node(n ast.Node) {
	if p := r.path(n); p != nil {
		if text := p.String(); !slices.Contains(r.paths, text) {
			r.paths = append(r.paths, text)
		}
		return
	}
	switch n := n.(type) {
	case *ast.VariableDeclaratorNode:
		r.let(n)
		return
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.MemberNode); ok {
			r.node(callee.Node)
		}
		for _, arg := range n.Arguments {
			r.node(arg)
		}
		return
	}
	children(n, func(child *ast.Node) { r.node(*child) })
}

func (r *reader) let(n *ast.VariableDeclaratorNode) {
	p := r.path(n.Value)
	if p == nil {
		r.node(n.Value)
	}
	r.vars = append(r.vars, alias{n.Name, p})
	r.node(n.Expr)
	r.vars = r.vars[:len(r.vars)-1]
}

// path is the one that a node follows; nil if it does anything else.
func (r *reader) path(n ast.Node) *path {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		for i := len(r.vars) - 1; i >= 0; i-- {
			if r.vars[i].name == n.Value {
				return r.vars[i].path
			}
		}
		if n.Value == dataRoot || n.Value == eventRoot {
			return &path{root: n.Value}
		}
	case *ast.MemberNode:
		return r.step(n.Node, n.Property)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "get" {
			return r.step(n.Arguments[0], n.Arguments[1])
		}
	}
	return nil
}

func (r *reader) step(from, key ast.Node) *path {
	s, ok := stepOf(key)
	if !ok {
		return nil
	}
	base := r.path(from)
	if base == nil {
		return nil
	}
	return &path{root: base.root, steps: append(slices.Clip(base.steps), s)}
}
