package config

import (
	"errors"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/expr"
)

const exprAdvice = `Do that work inside the quotes, such as expr("lower(contact.email)").`

// foldCall folds the functions whose arguments must keep order, places,
// expressions and secrets; ok is false for all others.
func (l *loader) foldCall(e *hclsyntax.FunctionCallExpr) (n node, ok bool) {
	switch e.Name {
	case "expr":
		return l.foldExpr(e), true
	case "merge":
		return l.foldMerge(e), true
	case "concat":
		return l.foldConcat(e), true
	case "jsondecode":
		return l.foldJSON(e)
	}
	return nil, false
}

// foldExpr compiles expr("…").
func (l *loader) foldExpr(e *hclsyntax.FunctionCallExpr) node {
	if len(e.Args) != 1 {
		l.fail(e.Range(), `Write it in quotes, such as expr("contact.email").`, "expr takes one argument, the expression as a text.")
		return nil
	}
	arg, ok := e.Args[0].(*hclsyntax.TemplateExpr)
	if !ok {
		if _, wrapped := e.Args[0].(*hclsyntax.TemplateWrapExpr); wrapped {
			l.failInterpolated(e.Args[0].Range())
			return nil
		}
		l.fail(e.Args[0].Range(), `Write it in quotes, such as expr("contact.email").`, "The argument of expr is a literal text.")
		return nil
	}
	if !arg.IsStringLiteral() {
		l.failInterpolated(interpolation(arg))
		return nil
	}
	p := &program{arg: arg, place: e.Range()}
	p.source = arg.Parts[0].(*hclsyntax.LiteralValueExpr).Val.AsString()
	if p.compiled, ok = l.compile(p, expr.Value); !ok {
		return nil
	}
	return p
}

func (l *loader) failInterpolated(at hcl.Range) {
	l.fail(at, "Do the work inside the quotes, without ${}; a literal ${ is written $${.", "The argument of expr can't hold ${…}: it would be filled in before the expression is read.")
}

// interpolation is the place of the first part that is not fixed text.
func interpolation(e *hclsyntax.TemplateExpr) hcl.Range {
	for _, part := range e.Parts {
		if _, fixed := part.(*hclsyntax.LiteralValueExpr); !fixed {
			return part.Range()
		}
	}
	return e.SrcRange
}

// compile reports a mistake at its own place inside the quotes.
func (l *loader) compile(p *program, kind expr.Kind) (*expr.Program, bool) {
	compiled, err := expr.Compile(p.source, kind)
	if err != nil {
		l.failCompile(p, err)
	}
	return compiled, err == nil
}

func (l *loader) failCompile(p *program, err error) {
	var mistake *expr.Error
	if !errors.As(err, &mistake) {
		l.fail(p.arg.SrcRange, "", "%s", sentence(err.Error()))
		return
	}
	at := l.inside(p.arg, mistake.Offset, mistake.Length)
	l.fail(at, sentence(mistake.Hint), "%s", sentence(mistake.Message))
}

// foldMerge is shallow: the last value of a key, at its first place.
func (l *loader) foldMerge(e *hclsyntax.FunctionCallExpr) node {
	out, ok := &object{place: e.Range()}, true
	index := map[string]int{}
	for _, arg := range l.foldArgs(e) {
		if arg == nil {
			ok = false
			continue
		}
		if isNull(arg) {
			continue
		}
		part, isObject := arg.(*object)
		if !isObject {
			l.fail(arg.at(), "Write merge(mapping.NAME, { name = value }).", "merge takes objects.")
			ok = false
			continue
		}
		l.spend(out.place, valueWork*len(part.fields))
		for _, f := range part.fields {
			if i, again := index[f.name]; again {
				out.fields[i].value, out.fields[i].at = f.value, f.at
				continue
			}
			index[f.name] = len(out.fields)
			out.fields = append(out.fields, f)
		}
	}
	if !ok {
		return nil
	}
	return l.sealObject(out)
}

func (l *loader) foldConcat(e *hclsyntax.FunctionCallExpr) node {
	out, ok := &array{place: e.Range()}, true
	for _, arg := range l.foldArgs(e) {
		part, isList := arg.(*array)
		if arg != nil && !isList {
			l.fail(arg.at(), "Put it in brackets.", "concat takes lists.")
		}
		if !isList {
			ok = false
			continue
		}
		l.spend(out.place, valueWork*len(part.items))
		out.items = append(out.items, part.items...)
	}
	if !ok {
		return nil
	}
	return l.sealList(out)
}

// foldArgs folds the arguments of a call; the items of a last one with … are
// arguments of their own.
func (l *loader) foldArgs(e *hclsyntax.FunctionCallExpr) []node {
	args := make([]node, 0, len(e.Args))
	for _, arg := range e.Args {
		args = append(args, l.fold(arg))
	}
	if !e.ExpandFinal || len(args) == 0 {
		return args
	}
	last := args[len(args)-1]
	spread, ok := last.(*array)
	if !ok {
		if last != nil {
			l.fail(last.at(), "Remove the three dots, or write a list before them.", "Only a list can be spread with an ellipsis.")
		}
		args[len(args)-1] = nil
		return args
	}
	l.spend(e.Range(), valueWork*len(spread.items))
	return append(args[:len(args)-1:len(args)-1], spread.items...)
}

func anyOf(nodes []node, is func(node) bool) bool { return slices.ContainsFunc(nodes, is) }
