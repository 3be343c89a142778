package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Marks of values while HCL has them.
type (
	// sensitive marks a secret, or with through what a function made of one.
	sensitive struct{ name, through string }
	// fromEvent marks what is worked out from each event, and unknown until then.
	fromEvent struct{}
)

// madeInString marks a string that holds a secret beside other text.
const madeInString = "a string"

// sourceFunctions yield secrets; plain takes the mark away.
var sourceFunctions = []string{"env", "file", "credential"}

// evaluate lets HCL work out an expression that is not folded.
func (l *loader) evaluate(e hclsyntax.Expression) node {
	if !l.withoutExpr(e, construct(e)) || !l.uniqueKeys(e) {
		return nil
	}
	c := conversion{l: l, at: e.Range(), through: calledFunction(e)}
	v, ok := l.marked(e)
	if !ok {
		return nil
	}
	return c.node(v, nil)
}

// value is evaluate for what is needed as a cty value; marks are kept apart.
func (l *loader) value(e hclsyntax.Expression) (cty.Value, cty.ValueMarks, bool) {
	v, ok := l.marked(e)
	if !ok {
		return cty.DynamicVal, nil, false
	}
	v, marks := v.UnmarkDeep()
	return v, marks, true
}

func (l *loader) marked(e hclsyntax.Expression) (cty.Value, bool) {
	scope, ok := l.scope(e)
	if !ok {
		return cty.DynamicVal, false
	}
	l.meter(e)
	v, diags := e.Value(scope)
	l.addHCL(diags)
	return v, !diags.HasErrors()
}

// scope holds what an expression refers to, and no more.
func (l *loader) scope(e hclsyntax.Expression) (*hcl.EvalContext, bool) {
	names, ok := map[string]map[string]cty.Value{}, true
	for _, t := range hclsyntax.Variables(e) {
		d := l.referred(t)
		if d == nil {
			ok = false
			continue
		}
		if l.resolve(d) == nil {
			ok = false
			continue
		}
		if names[d.kind] == nil {
			names[d.kind] = map[string]cty.Value{}
		}
		names[d.kind][d.name] = d.asCty(l)
	}
	ctx := &hcl.EvalContext{Functions: l.functions, Variables: map[string]cty.Value{}}
	for kind, values := range names {
		ctx.Variables[kind] = cty.ObjectVal(values)
	}
	return ctx, ok
}

// withoutExpr reports expr("…") anywhere in e.
func (l *loader) withoutExpr(e hclsyntax.Node, where string) bool {
	ok := true
	hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, is := n.(*hclsyntax.FunctionCallExpr); is && call.Name == "expr" {
			l.fail(call.Range(), exprAdvice, `expr("…") can't stand in %s.`, where)
			ok = false
		}
		return nil
	})
	return ok
}

// uniqueKeys reports a key that stands twice in an object anywhere in e: HCL
// itself keeps the last one.
func (l *loader) uniqueKeys(e hclsyntax.Node) bool {
	ok := true
	hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		o, is := n.(*hclsyntax.ObjectConsExpr)
		if !is {
			return nil
		}
		first := map[string]hcl.Range{}
		for _, item := range o.Items {
			key, known := fixedKey(item.KeyExpr)
			if before, twice := first[key]; known && twice {
				l.failTwice(item.KeyExpr.Range(), key, before)
				ok = false
			} else if known {
				first[key] = item.KeyExpr.Range()
			}
		}
		return nil
	})
	return ok
}

// fixedKey is a key that is written as a name or as fixed text.
func fixedKey(e hclsyntax.Expression) (string, bool) {
	if word := hcl.ExprAsKeyword(e); word != "" {
		return word, true
	}
	if key, is := e.(*hclsyntax.ObjectConsKeyExpr); is {
		e = key.Wrapped
	}
	if text, is := e.(*hclsyntax.TemplateExpr); is && text.IsStringLiteral() {
		return text.Parts[0].(*hclsyntax.LiteralValueExpr).Val.AsString(), true
	}
	return "", false
}

// construct names what an expression is, for people.
func construct(e hclsyntax.Expression) string {
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		return "the function " + e.Name
	case *hclsyntax.ForExpr, *hclsyntax.TemplateJoinExpr:
		return "a for"
	case *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr:
		return "an operation"
	}
	return "this place"
}

// calledFunction is a function that e passes values through.
func calledFunction(e hclsyntax.Node) (name string) {
	hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, is := n.(*hclsyntax.FunctionCallExpr); is && name == "" && call.Name != "plain" && !slices.Contains(sourceFunctions, call.Name) {
			name = call.Name
		}
		return nil
	})
	return name
}
