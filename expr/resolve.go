package expr

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// A resolver goes through a tree as parsed: it makes members of data of the
// names that mean such, and refuses what an expression may not ask for.
type resolver struct {
	source
	sees subject
	vars []string // those of let, in scope
	done map[ast.Node]ast.Node
	err  *Error // the first
}

// resolve replaces what has to be and returns the first refusal.
func resolve(sees subject, src source, n *ast.Node) *Error {
	r := resolver{source: src, sees: sees, done: map[ast.Node]ast.Node{}}
	r.node(n)
	return r.err
}

func (r *resolver) refuse(n ast.Node, message, hint string) {
	if r.err == nil {
		r.err = r.at(n.Location(), message, hint)
	}
}

// node resolves a node in place. A tree may share nodes: each is resolved once.
func (r *resolver) node(n *ast.Node) {
	old := *n
	if known, ok := r.done[old]; ok {
		*n = known
		return
	}
	*n = r.resolved(old)
	r.done[old], r.done[*n] = *n, *n
}

func (r *resolver) resolved(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return r.name(n)
	case *ast.MemberNode:
		return r.member(n)
	case *ast.ChainNode: // a?.b: every member access is so
		r.node(&n.Node)
		return n.Node
	case *ast.CallNode:
		return r.call(n)
	case *ast.BuiltinNode:
		return r.builtin(n)
	case *ast.VariableDeclaratorNode:
		r.node(&n.Value)
		r.vars = append(r.vars, n.Name)
		r.node(&n.Expr)
		r.vars = r.vars[:len(r.vars)-1]
		return n
	case *ast.ConditionalNode:
		n.SetLocation(n.Cond.Location()) // expr-lang's is behind all of it
	case *ast.BytesNode:
		r.refuse(n, "bytes are no value of JSON", "write the text without the b")
	}
	children(n, r.node)
	return n
}

func (r *resolver) name(n *ast.IdentifierNode) ast.Node {
	switch {
	case slices.Contains(r.vars, n.Value):
		return n
	case r.sees == anAnswer:
		if !slices.Contains(answerMembers, n.Value) {
			r.refuseName(n)
			return n
		}
	case n.Value == "$env":
		r.refuse(n, "$env is not available: an expression sees the event, and nothing else", "data is all of the event's data")
		return n
	case n.Value == dataRoot, n.Value == eventRoot:
		return n
	case n.Value == "True", n.Value == "TRUE", n.Value == "False", n.Value == "FALSE":
		r.refuse(n, n.Value+" is no value", "write "+strings.ToLower(n.Value)+"; a member of that name is data."+n.Value)
		return n
	}
	return at(n, &ast.MemberNode{
		Node:     at(n, &ast.IdentifierNode{Value: dataRoot}),
		Property: at(n, &ast.StringNode{Value: n.Value}),
	})
}

func (r *resolver) member(n *ast.MemberNode) ast.Node {
	r.node(&n.Node)
	r.node(&n.Property)
	if r.sees == anAnswer {
		r.header(n)
		return n
	}
	root, isName := n.Node.(*ast.IdentifierNode)
	name, isText := n.Property.(*ast.StringNode)
	if isName && isText && root.Value == eventRoot && !slices.Contains(eventMembers, name.Value) {
		r.refuse(n, "event has no member "+strconv.Quote(name.Value),
			cmp.Or(suggest(name.Value, eventMembers), "event has id, type, time and source; the event's own data is in data"))
	}
	return n
}

func (r *resolver) call(n *ast.CallNode) ast.Node {
	for i := range n.Arguments {
		r.node(&n.Arguments[i])
	}
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		switch {
		case functions[callee.Value] == nil:
			r.refuseFunction(n, callee.Value)
		case callee.Value == "now" && r.sees == anAnswer:
			r.refuse(n, "an answer has no time: now() is that of an event", "")
		case callee.Value == "now" && len(n.Arguments) == 0:
			callee.Value = "date"
			n.Arguments = []ast.Node{at(n, &ast.MemberNode{
				Node:     at(n, &ast.IdentifierNode{Value: eventRoot}),
				Property: at(n, &ast.StringNode{Value: "time"}),
			})}
		}
	case *ast.MemberNode:
		return r.method(n, callee)
	}
	return n
}

func (r *resolver) method(n *ast.CallNode, callee *ast.MemberNode) ast.Node {
	r.node(&callee.Node)
	name, ok := callee.Property.(*ast.StringNode)
	if !ok || !isMethod(name.Value) {
		r.refuseMethod(n, callee.Property)
		return n
	}
	if name.Value == "Month" || name.Value == "Weekday" {
		return operation(n, "int()", n) // numbers to the type checker too
	}
	return n
}

// builtin refuses what is not kept. A function of ours can still come as a
// builtin: by ::name().
func (r *resolver) builtin(n *ast.BuiltinNode) ast.Node {
	if functions[n.Name] != nil {
		call := at(n, &ast.CallNode{Callee: at(n, &ast.IdentifierNode{Value: n.Name}), Arguments: n.Arguments})
		return r.call(call)
	}
	if !slices.Contains(kept, n.Name) {
		r.refuseFunction(n, n.Name)
	}
	children(n, r.node)
	return n
}

func (r *resolver) refuseFunction(n ast.Node, name string) {
	hint := cmp.Or(otherName(name), suggest(name, functionNames()))
	if name == "findLastIndex" {
		hint = "findLast yields the item itself"
	}
	r.refuse(n, "there is no function "+strconv.Quote(name), hint)
}

func (r *resolver) refuseMethod(n, property ast.Node) {
	name, ok := property.(*ast.StringNode)
	if !ok {
		r.refuse(n, "this can't be called", "")
		return
	}
	hint := otherName(name.Value)
	if like := nearest(name.Value, functionNames()); like != "" && hint == "" {
		hint = "functions go around the value: " + like + "(…)"
	}
	r.refuse(n, "there is no method "+strconv.Quote(name.Value), hint)
}

// at gives a new node the place of an old one.
func at[N ast.Node](old ast.Node, n N) N {
	n.SetLocation(old.Location())
	return n
}
