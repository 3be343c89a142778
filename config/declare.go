package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A declaration is a local or a mapping: folded when it is first referred to.
type declaration struct {
	kind  string // local or mapping
	name  string
	at    hcl.Range
	expr  hclsyntax.Expression
	state state
	value node
	cty   cty.Value // of value, once HCL has asked for it
}

type state int

const (
	untouched state = iota
	underway
	done
)

func (d *declaration) String() string { return d.kind + "." + d.name }

// asCty is the value as HCL has it.
func (d *declaration) asCty(l *loader) cty.Value {
	if d.cty == cty.NilVal {
		d.cty = l.toCty(d.value)
	}
	return d.cty
}

// declare takes a name once.
func (l *loader) declare(d *declaration) {
	known := l.declared[d.kind]
	if before, twice := known[d.name]; twice {
		l.fail(d.at, declaredAt(before.at), "%s is declared twice.", d)
		return
	}
	known[d.name] = d
}

// locals declares the attributes of a locals block.
func (l *loader) locals(b *hclsyntax.Block) {
	for _, inner := range b.Body.Blocks {
		l.fail(inner.DefRange(), "Write name = value.", "locals holds values only.")
	}
	for _, a := range inOrder(b.Body.Attributes) {
		l.declare(&declaration{kind: "local", name: a.Name, at: a.NameRange, expr: a.Expr})
	}
}

// mapping declares a mapping block.
func (l *loader) mapping(b *hclsyntax.Block) {
	name, ok := l.labelled(b)
	s := l.section(b.Body, b, mappingBody)
	if !ok || !s.require("fields") {
		return
	}
	l.declare(&declaration{kind: "mapping", name: name, at: b.LabelRanges[0], expr: s.attrs["fields"].Expr})
}

// resolveAll looks at what nothing refers to as well, for the problems in it.
func (l *loader) resolveAll() {
	for _, kind := range []string{"local", "mapping"} {
		for _, name := range slices.Sorted(maps.Keys(l.declared[kind])) {
			n := l.resolve(l.declared[kind][name])
			if kind == "mapping" {
				l.checkMarkers(n)
				l.checkPlaceholder(n)
			}
		}
	}
}

// resolve folds a declaration once, and finds circles.
func (l *loader) resolve(d *declaration) node {
	switch {
	case d.state == done:
		return d.value
	case d.state == underway:
		l.fail(d.at, l.circle(d), "%s refers to itself.", d)
		return nil
	case len(l.resolving) >= maxNesting:
		l.fail(d.at, "Write some of the values in place.", "Declarations refer to one another over more than %d steps.", maxNesting)
		return nil
	}
	d.state = underway
	l.resolving = append(l.resolving, d)
	d.value = l.fold(d.expr)
	l.resolving = l.resolving[:len(l.resolving)-1]
	d.state = done
	if _, isObject := d.value.(*object); d.kind == "mapping" && d.value != nil && !isObject {
		l.fail(d.expr.Range(), `Write fields = { email = expr("contact.email") }.`, "The fields of a mapping are an object.")
		d.value = nil
	}
	return d.value
}

func (l *loader) circle(d *declaration) string {
	var steps []string
	for _, r := range l.resolving[slices.Index(l.resolving, d):] {
		steps = append(steps, r.String()+" ("+place(r.at)+")")
	}
	return strings.Join(append(steps, d.String()), " → ") + ". Write one of them without the next."
}

// referred finds the declaration that a reference begins with; nil after a
// problem.
func (l *loader) referred(t hcl.Traversal) *declaration {
	root := t.RootName()
	known, ok := l.declared[root]
	if !ok {
		l.failUnknownName(t)
		return nil
	}
	if len(t) < 2 {
		l.fail(t.SourceRange(), "Write "+root+".NAME.", "Behind %s a name is missing.", root)
		return nil
	}
	step, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		l.fail(t.SourceRange(), "Write "+root+".NAME.", "Behind %s a name is missing.", root)
		return nil
	}
	d := known[step.Name]
	if d == nil && !l.partial {
		l.fail(t.SourceRange(), suggestOr(step.Name, namesOf(known), "Declared are"), "There is no %s.%s.", root, step.Name)
	}
	return d
}

func (l *loader) failUnknownName(t hcl.Traversal) {
	source := l.sources[t.SourceRange().Filename]
	r := t.SourceRange()
	if source.hides(r) { // a secret that lacks its quotes
		l.fail(r, `Write env("NAME") for a variable of the environment; fixed text stands in quotes.`, "This name means nothing here.")
		return
	}
	l.fail(r, adviseWord(string(source.text[r.Start.Byte:r.End.Byte])), "The name %s means nothing here.", t.RootName())
}

// adviseWord tells how to write what a name that means nothing was meant to be.
func adviseWord(words string) string {
	asText := `"` + words + `" in quotes for fixed text`
	switch lower := strings.ToLower(words); {
	case slices.Contains([]string{"yes", "on", "enabled"}, lower) || lower == "true":
		return "Write true, or " + asText + "."
	case slices.Contains([]string{"no", "off", "disabled"}, lower) || lower == "false":
		return "Write false, or " + asText + "."
	case lower == "nil" || lower == "none" || lower == "null" || lower == "undefined":
		return "Write null, or " + asText + "."
	case strings.HasPrefix(lower, "env."):
		return `Write env("` + words[len("env."):] + `") for a variable of the environment.`
	case words == strings.ToUpper(words):
		return "Write " + asText + `, or env("` + words + `") for a variable of the environment.`
	}
	return `Write expr("` + words + `") for a value of the event, or ` + asText + "."
}

// foldReference follows local.x.y or mapping.x.
func (l *loader) foldReference(e *hclsyntax.ScopeTraversalExpr) node {
	d := l.referred(e.Traversal)
	if d == nil {
		return nil
	}
	n := l.resolve(d)
	for _, step := range e.Traversal[2:] {
		if n == nil {
			return nil
		}
		within := n
		if n = l.step(n, step); n == nil {
			l.fail(step.SourceRange(), adviseMember(within, step), "%s has no such member.", d)
		}
	}
	return n
}

// adviseMember tells what there is instead of a step that leads nowhere.
func adviseMember(n node, step hcl.Traverser) string {
	switch n := n.(type) {
	case *object:
		var names []string
		for _, f := range n.fields[:min(len(n.fields), maxNames)] {
			names = append(names, f.name)
		}
		given, _ := step.(hcl.TraverseAttr)
		return suggestOr(given.Name, names, "It has")
	case *array:
		return fmt.Sprintf("It is a list of %d, counted from [0].", len(n.items))
	}
	return "It is one value, without members."
}

func (l *loader) step(n node, step hcl.Traverser) node {
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return member(n, step.Name)
	case hcl.TraverseIndex:
		key, ok := l.read(conversion{l: l}.node(step.Key, nil))
		if !ok {
			return nil
		}
		if items, isList := n.(*array); isList {
			for i, item := range items.items {
				if key.text == numeral(i) {
					return item
				}
			}
			return nil
		}
		return member(n, key.text)
	}
	return nil
}

func member(n node, name string) node {
	if o, ok := n.(*object); ok {
		for _, f := range o.fields {
			if f.name == name {
				return f.value
			}
		}
	}
	return nil
}
