package expr

import (
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/utils"
)

// A Read is a value of the event that a program asks for.
type Read struct {
	Path  string   // as one writes it
	Steps []string // the names and indexes in it
	JSON  []byte   // what the event has there, compact; null where it has nothing
}

// Reads are the values that a program asks for, each once, in the order of its
// source. What a function takes of the items of a list is not among them: the
// list is.
func (p *Program) Reads(s *Scope) []Read {
	tree, err := parser.ParseWithConfig(string(p.src), newLanguage())
	if err != nil {
		return nil // Compile has let it in, so that this can't be
	}
	r := reader{vars: map[string]bool{}, seen: map[string]bool{}}
	r.node(tree.Node)
	reads := make([]Read, 0, len(r.paths))
	for _, path := range r.paths {
		one := Program{src: p.src, path: &path}
		json, err := one.appendReceived(nil, s)
		if err != nil {
			json = []byte("null")
		}
		text, steps := path.written()
		reads = append(reads, Read{Path: text, Steps: steps, JSON: json})
	}
	return reads
}

// A reader gathers the paths of a tree as parsed.
type reader struct {
	paths []path
	vars  map[string]bool // those of let
	seen  map[string]bool
}

func (r *reader) node(n ast.Node) {
	if path, ok := pathOf(n); ok {
		text, _ := path.written()
		if own := !path.named && r.vars[path.steps[0].name]; !own && !r.seen[text] {
			r.seen[text] = true
			r.paths = append(r.paths, path)
		}
		return
	}
	switch n := n.(type) {
	case *ast.VariableDeclaratorNode:
		r.node(n.Value)
		r.vars[n.Name] = true
		r.node(n.Expr)
		return
	case *ast.CallNode:
		if _, name := n.Callee.(*ast.IdentifierNode); !name {
			r.node(n.Callee)
		}
		for _, arg := range n.Arguments {
			r.node(arg)
		}
		return
	}
	children(n, func(child *ast.Node) { r.node(*child) })
}

// written is the path as one writes it, and its steps.
func (p path) written() (text string, steps []string) {
	if p.named {
		text, steps = p.root, []string{p.root}
	}
	for _, s := range p.steps {
		switch {
		case s.indexed:
			text += "[" + strconv.Itoa(s.index) + "]"
			steps = append(steps, strconv.Itoa(s.index))
			continue
		case !utils.IsValidIdentifier(s.name):
			text += "[" + strconv.Quote(s.name) + "]"
		case text == "":
			text = s.name
		default:
			text += "." + s.name
		}
		steps = append(steps, s.name)
	}
	return text, steps
}
