package config

import (
	"maps"
	"math/big"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// toCty hands a folded value to HCL.
func (l *loader) toCty(n node) cty.Value {
	switch n := n.(type) {
	case *literal:
		return n.value()
	case *secretRef:
		if l.in.NoEnv {
			return cty.UnknownVal(cty.String).Mark(sensitive{name: n.name})
		}
		return cty.StringVal(l.secrets[n.name].Reveal()).Mark(sensitive{name: n.name})
	case *derived:
		v := cty.DynamicVal
		if n.known {
			v = n.value()
		}
		if n.open {
			return v
		}
		return v.Mark(sensitive{through: n.through})
	case *text:
		return l.textToCty(n)
	case *array:
		items := make([]cty.Value, len(n.items))
		for i, item := range n.items {
			items[i] = l.toCty(item)
		}
		return cty.TupleVal(items)
	case *object:
		fields := make(map[string]cty.Value, len(n.fields))
		for _, f := range n.fields {
			fields[f.name] = l.toCty(f.value)
		}
		return cty.ObjectVal(fields)
	}
	return cty.DynamicVal.Mark(fromEvent{}) // a program
}

func (l *loader) textToCty(n *text) cty.Value {
	if fromEvents(n) {
		return cty.UnknownVal(cty.String).Mark(fromEvent{})
	}
	r, _ := l.read(n)
	v := cty.UnknownVal(cty.String)
	if r.known {
		v = cty.StringVal(r.text)
	}
	if r.sensitive {
		v = v.Mark(sensitive{through: madeInString})
	}
	return v
}

func (n *literal) value() cty.Value {
	switch n.kind {
	case boolKind:
		return cty.BoolVal(n.text == "true")
	case numberKind:
		if v, err := cty.ParseNumberVal(n.text); err == nil {
			return v
		}
	case stringKind:
		return cty.StringVal(n.text)
	}
	return cty.NullVal(cty.DynamicPseudoType)
}

// A conversion takes over what HCL made of the expression at a place.
type conversion struct {
	l       *loader
	at      hcl.Range
	through string
}

// node converts v, which lies within values that had the given marks.
func (c conversion) node(v cty.Value, outer cty.ValueMarks) node {
	v, own := v.Unmark()
	marks := maps.Clone(own)
	if marks == nil {
		marks = cty.ValueMarks{}
	}
	maps.Copy(marks, outer)
	if _, event := marks[fromEvent{}]; event {
		c.l.fail(c.at, exprAdvice, "What is worked out from an event can't be worked on here.")
		return nil
	}
	switch t := v.Type(); {
	case !v.IsKnown():
		return c.leaf(v, literal{stringKind, "", c.at}, marks)
	case v.IsNull():
		return &literal{nullKind, "", c.at}
	case t == cty.String:
		c.l.spend(c.at, len(v.AsString()))
		if len(v.AsString()) > maxText {
			c.l.failWith(c.at, errTooLong)
			return nil
		}
		return c.leaf(v, literal{stringKind, v.AsString(), c.at}, marks)
	case t == cty.Bool:
		return c.leaf(v, literal{boolKind, strconv.FormatBool(v.True()), c.at}, marks)
	case t == cty.Number:
		number, ok := numberText(v.AsBigFloat())
		if !ok {
			c.l.fail(c.at, "See whether something is divided by zero, or grows without need.", outOfRange)
			return nil
		}
		c.l.spend(c.at, 8*len(number)) // they are slow
		return c.leaf(v, literal{numberKind, number, c.at}, marks)
	case t.IsObjectType() || t.IsMapType():
		return c.object(v, marks)
	}
	return c.list(v, marks) // a tuple, list or set: no function of ours makes anything else
}

func (c conversion) object(v cty.Value, marks cty.ValueMarks) node {
	out := &object{place: c.at}
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		key, _ = key.Unmark()
		n := c.node(value, marks)
		if n == nil {
			return nil
		}
		out.fields = append(out.fields, field{key.AsString(), c.at, n})
	}
	return c.l.sealObject(out)
}

func (c conversion) list(v cty.Value, marks cty.ValueMarks) node {
	out := &array{place: c.at}
	for it := v.ElementIterator(); it.Next(); {
		_, value := it.Element()
		n := c.node(value, marks)
		if n == nil {
			return nil
		}
		out.items = append(out.items, n)
	}
	return c.l.sealList(out)
}

// leaf tells apart what is no secret, a secret itself, and what was made of one.
func (c conversion) leaf(v cty.Value, fixed literal, marks cty.ValueMarks) node {
	if len(marks) == 0 {
		if !v.IsKnown() {
			return &derived{literal: fixed, open: true}
		}
		return &fixed
	}
	through := c.through
	for m := range marks {
		s, ok := m.(sensitive)
		if ok && s.through != "" {
			through = s.through
		}
		if ok && through == "" && s.name != "" && c.l.holds(s.name, v) {
			return &secretRef{s.name, c.at}
		}
	}
	return &derived{literal: fixed, known: v.IsKnown(), through: through}
}

// holds tells whether v is the whole of a secret.
func (l *loader) holds(name string, v cty.Value) bool {
	if !v.IsKnown() {
		return true
	}
	return v.Type() == cty.String && v.RawEquals(cty.StringVal(l.secrets[name].Reveal()))
}

// numberText writes a number in full, without exponent.
func numberText(f *big.Float) (string, bool) {
	if f.IsInf() || f.MantExp(nil) > 4096 || f.MantExp(nil) < -4096 {
		return "", false
	}
	if n, exact := f.Int64(); exact == big.Exact {
		return strconv.FormatInt(n, 10), true // much faster
	}
	return f.Text('f', -1), true
}
