package config

import (
	"strconv"

	"github.com/posternhq/postern/expr"
)

const secretPlaces = "It may stand in a payload, URL, header or query, whole or inside a string."

// payload turns a folded object into a mapping.
func (l *loader) payload(s *section) *expr.Mapping {
	n := s.node("payload")
	if n == nil {
		return nil
	}
	o, ok := n.(*object)
	if !ok {
		if d, unknown := n.(*derived); !unknown || d.known {
			l.fail(s.at("payload"), `Write payload = { email = expr("contact.email") }.`, "A payload is an object.")
		}
		return nil
	}
	if len(o.fields) == 0 {
		l.warn(s.at("payload"), "Leave payload out to send the standard payload.", "This payload is empty: {} is sent.")
	}
	root, ok := l.payloadNode(o)
	if !ok {
		return nil
	}
	return expr.NewMapping(root.(*expr.Object))
}

// payloadNode is false after a problem.
func (l *loader) payloadNode(n node) (expr.Node, bool) {
	l.spend(n.at(), valueWork)
	switch n := n.(type) {
	case *literal:
		return &expr.Literal{JSON: appendJSON(nil, n)}, true
	case *secretRef:
		return &expr.Secret{Name: n.name}, true
	case *program:
		return n.compiled, true
	case *text:
		t, ok := l.toText(n, "")
		return &expr.Template{Text: t}, ok
	case *array:
		out, ok := &expr.List{}, true
		for _, item := range n.items {
			inner, good := l.payloadNode(item)
			out.Items = append(out.Items, inner)
			ok = ok && good
		}
		return out, ok
	case *object:
		out, ok := &expr.Object{}, true
		for _, f := range n.fields {
			inner, good := l.payloadNode(f.value)
			out.Fields = append(out.Fields, expr.Field{Name: f.name, Value: inner})
			ok = ok && good
		}
		return out, ok
	case *derived:
		if l.passable(n) {
			return &expr.Literal{JSON: []byte("null")}, true
		}
	}
	return nil, false
}

// passable reports what was made of a secret. What is merely unknown without
// the environment passes.
func (l *loader) passable(n *derived) bool {
	switch {
	case n.open:
		return true
	case n.through == "" || n.through == madeInString:
		l.fail(n.place, secretPlaces, "What is made from a secret can't stand here.")
	default:
		l.fail(n.place, secretPlaces, "A secret may not pass through %s.", n.through)
	}
	return false
}

// toText turns a folded value into what is written as text. what names it for
// people.
func (l *loader) toText(n node, what string) (expr.Text, bool) {
	part := func(p expr.Part) (expr.Text, bool) { return expr.Text{Parts: []expr.Part{p}}, true }
	switch n := n.(type) {
	case *literal:
		if n.text == "" {
			return expr.Text{}, true
		}
		return part(expr.Part{Literal: n.text})
	case *secretRef:
		return part(expr.Part{Secret: n.name})
	case *program:
		return part(expr.Part{Expr: n.compiled})
	case *derived:
		if !l.passable(n) {
			return expr.Text{}, false
		}
		return part(expr.Part{Literal: placeholder})
	case *text:
		out, ok := expr.Text{}, true
		for _, p := range n.parts {
			inner, good := l.toText(p, what)
			out.Parts = append(out.Parts, inner.Parts...)
			ok = ok && good
		}
		return out, ok
	}
	l.fail(n.at(), `Write a text, or make one with join(", ", […]).`, "%s is one text, not an object or list.", what)
	return expr.Text{}, false
}

// appendJSON writes a fixed value as compact JSON, in the declared order.
func appendJSON(dst []byte, n node) []byte {
	switch n := n.(type) {
	case *literal:
		switch n.kind {
		case nullKind:
			return append(dst, "null"...)
		case stringKind:
			return append(dst, jsonString(n.text)...)
		}
		return append(dst, n.text...)
	case *array:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, item)
		}
		return append(dst, ']')
	case *object:
		dst = append(dst, '{')
		for i, f := range n.fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, jsonString(f.name)...), ':')
			dst = appendJSON(dst, f.value)
		}
		return append(dst, '}')
	}
	panic("config: not a fixed value: " + strconv.Quote(place(n.at())))
}
