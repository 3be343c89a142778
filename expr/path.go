package expr

import (
	"math"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/utils"
)

// A path leads from a root to one value of the event.
type path struct {
	root  string // dataRoot or eventRoot
	named bool   // the source says the root
	steps []step
}

// A step is a member by name, or an item by index.
type step struct {
	name    string
	index   int
	indexed bool
}

// pathOf reads a path off a tree as parsed; ok tells whether it is nothing else.
func pathOf(n ast.Node) (p path, ok bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if n.Value == dataRoot || n.Value == eventRoot {
			return path{root: n.Value, named: true}, true
		}
		return path{root: dataRoot, steps: []step{{name: n.Value}}}, true
	case *ast.ChainNode:
		return pathOf(n.Node)
	case *ast.MemberNode:
		s, ok := stepOf(n.Property)
		if !ok || n.Method {
			return path{}, false
		}
		p, ok = pathOf(n.Node)
		p.steps = append(p.steps, s)
		return p, ok
	}
	return path{}, false
}

func stepOf(property ast.Node) (step, bool) {
	switch n := property.(type) {
	case *ast.StringNode:
		return step{name: n.Value}, true
	case *ast.IntegerNode:
		return step{index: n.Value, indexed: true}, true
	case *ast.UnaryNode:
		if i, ok := n.Node.(*ast.IntegerNode); ok && n.Operator == "-" && i.Value != math.MinInt {
			return step{index: -i.Value, indexed: true}, true
		}
	}
	return step{}, false
}

// dotted is the path as names and dots, if these can say it.
func (p path) dotted() (string, bool) {
	var names []string
	if p.named {
		names = append(names, p.root)
	}
	for _, s := range p.steps {
		if s.indexed || !utils.IsValidIdentifier(s.name) {
			return "", false
		}
		names = append(names, s.name)
	}
	return strings.Join(names, "."), true
}

// String is the path as an expression has it: contact.email, items[0].sku,
// data["First name"].
func (p path) String() string {
	out, steps := p.root, p.steps
	if p.root == dataRoot && len(steps) > 0 && steps[0].alone() {
		out, steps = steps[0].name, steps[1:]
	}
	for _, s := range steps {
		out += s.String()
	}
	return out
}

// String is the step as it stands behind a value.
func (s step) String() string {
	switch {
	case s.indexed:
		return "[" + strconv.Itoa(s.index) + "]"
	case utils.IsValidIdentifier(s.name):
		return "." + s.name
	}
	return "[" + strconv.Quote(s.name) + "]"
}

// alone tells whether a member of the data can be called by its name alone.
func (s step) alone() bool {
	switch s.name {
	case dataRoot, eventRoot, "$env", "true", "false", "nil", "not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else":
		return false
	}
	return !s.indexed && utils.IsValidIdentifier(s.name)
}

// find is the received bytes of the value; nil when there is none.
func (p path) find(s *Scope) ([]byte, error) {
	b := s.raw(p.root)
	i := skipSpace(b, 0)
	for _, step := range p.steps {
		var err error
		if i, err = step.take(b, i); err != nil || i < 0 {
			return nil, err
		}
	}
	end := skipValue(b, i)
	if end < 0 {
		return nil, errBroken
	}
	return b[i:end], nil
}

// take goes one step on from the value at i; what has no such member leads nowhere.
func (s step) take(b []byte, i int) (int, error) {
	if i >= len(b) {
		return 0, errBroken
	}
	switch {
	case s.indexed && b[i] == '[':
		return element(b, i, s.index)
	case !s.indexed && b[i] == '{':
		return member(b, i, s.name)
	}
	return -1, nil
}
