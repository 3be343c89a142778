package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// fold walks an expression. The result is nil if there was a problem with it.
func (l *loader) fold(e hclsyntax.Expression) node {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return conversion{l: l, at: e.SrcRange}.node(e.Val, nil)
	case *hclsyntax.ParenthesesExpr:
		return l.fold(e.Expression)
	case *hclsyntax.TemplateWrapExpr: // "${x}" alone keeps the kind
		return l.fold(e.Wrapped)
	case *hclsyntax.TemplateExpr:
		return l.foldTemplate(e)
	case *hclsyntax.ObjectConsExpr:
		return l.foldObject(e)
	case *hclsyntax.TupleConsExpr:
		return l.foldList(e)
	case *hclsyntax.ConditionalExpr:
		return l.foldConditional(e)
	case *hclsyntax.ScopeTraversalExpr:
		return l.foldReference(e)
	case *hclsyntax.FunctionCallExpr:
		if folded, ok := l.foldCall(e); ok {
			return folded
		}
	}
	return l.evaluate(e)
}

func (l *loader) foldList(e *hclsyntax.TupleConsExpr) node {
	out, ok := &array{place: e.SrcRange}, true
	for _, item := range e.Exprs {
		n := l.fold(item)
		if n == nil {
			ok = false
			continue
		}
		out.items = append(out.items, n)
	}
	if !ok {
		return nil
	}
	return l.sealList(out)
}

func (l *loader) sealList(out *array) node {
	l.spend(out.place, valueWork*(1+len(out.items)))
	out.extent = extent{size: 1}
	for _, item := range out.items {
		out.hold(item)
	}
	if err := out.check(); err != nil {
		l.failWith(out.place, err)
		return nil
	}
	return out
}

func (l *loader) foldObject(e *hclsyntax.ObjectConsExpr) node {
	out, ok := &object{place: e.SrcRange}, true
	first := map[string]hcl.Range{}
	for _, item := range e.Items {
		key, at, named := l.foldKey(item.KeyExpr)
		value := l.fold(item.ValueExpr)
		if !named || value == nil {
			ok = false
			continue
		}
		if before, twice := first[key]; twice {
			l.failTwice(at, key, before)
			ok = false
			continue
		}
		first[key] = at
		out.fields = append(out.fields, field{key, at, value})
	}
	if !ok {
		return nil
	}
	return l.sealObject(out)
}

func (l *loader) failTwice(at hcl.Range, key string, before hcl.Range) {
	l.fail(at, standsAt(before), "The key %q stands twice in one object.", key)
}

func (l *loader) sealObject(out *object) node {
	l.spend(out.place, valueWork*(1+len(out.fields)))
	out.extent = extent{size: 1}
	for _, f := range out.fields {
		out.hold(f.value)
	}
	if err := out.check(); err != nil {
		l.failWith(out.place, err)
		return nil
	}
	return out
}

func (l *loader) foldKey(e hclsyntax.Expression) (name string, at hcl.Range, ok bool) {
	at = e.Range()
	key, isKey := e.(*hclsyntax.ObjectConsKeyExpr)
	if isKey && !key.ForceNonLiteral {
		if word := hcl.ExprAsKeyword(key.Wrapped); word != "" {
			return word, at, true
		}
		if _, dotted := key.Wrapped.(*hclsyntax.ScopeTraversalExpr); dotted {
			l.fail(at, `Write the name in quotes if its dots belong to it; nesting is written as nesting: a = { b = … }.`, "A key with a dot in it needs quotes.")
			return "", at, false
		}
		e = key.Wrapped
	} else if isKey {
		e = key.Wrapped
	}
	switch n := l.fold(e).(type) {
	case nil:
		return "", at, false
	case *literal:
		if n.kind != nullKind {
			return n.text, at, true
		}
	case *secretRef, *derived:
		l.fail(at, "Write the name itself, or plain(…) around what is no secret.", "A secret can't be a key.")
		return "", at, false
	case *program, *text:
		l.fail(at, "Write the name itself.", "A key can't come from an event.")
		return "", at, false
	}
	l.fail(at, "Write the name itself, or a local that is a text in parentheses: (local.name).", "A key is a text.")
	return "", at, false
}

// foldTemplate makes a literal if every part is one.
func (l *loader) foldTemplate(e *hclsyntax.TemplateExpr) node {
	out, ok := &composer{l: l, place: e.SrcRange}, true
	for _, part := range e.Parts {
		n := l.fold(part)
		if n == nil || !out.add(n) {
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return out.node()
}

// foldConditional folds the side that holds, so that secrets and the order of
// keys survive. expr may stand on neither: its work is done inside the quotes.
func (l *loader) foldConditional(e *hclsyntax.ConditionalExpr) node {
	if !l.withoutExpr(e, "a condition") || !l.uniqueKeys(e) {
		return nil
	}
	condition, marks, ok := l.value(e.Condition)
	if !ok {
		return nil
	}
	side := e.FalseResult
	switch yes, err := convert.Convert(condition, cty.Bool); {
	case err != nil || yes.IsNull():
		l.fail(e.Condition.Range(), `Compare it with something, such as local.stage == "live".`, "A condition is true or false.")
		return nil
	case !yes.IsKnown() || yes.True():
		side = e.TrueResult
	}
	for m := range marks {
		if _, event := m.(fromEvent); event {
			l.fail(e.Condition.Range(), exprAdvice, "A condition is decided when the configuration is loaded, not for each event.")
			return nil
		}
	}
	n := l.fold(side)
	if n != nil && fromEvents(n) {
		l.fail(side.Range(), exprAdvice, `expr("…") can't stand in a condition.`)
		return nil
	}
	return n
}

// fromEvents tells whether any part is worked out from an event.
func fromEvents(n node) bool { return extentOf(n).fromEvents }
