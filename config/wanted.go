package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A Wanted is a fixed value of a test with the place of each part of it.
type Wanted struct {
	Place  Place
	Object bool          // Fields hold its members, in order
	List   bool          // Items hold its elements
	JSON   []byte        // the whole, compact
	Text   string        // of a text its characters, else as JSON
	Fields []WantedField // of an object
	Items  []*Wanted     // of a list

	at      hcl.Range
	literal bool // it is written out at that place, and can be rewritten there
}

// A WantedField is a member of an object.
type WantedField struct {
	Name  string
	Value *Wanted

	at hcl.Range // of name and value, where they are written out
}

// literally notes which parts of a value are written out in an expression.
func (w *Wanted) literally(e hclsyntax.Expression) {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		w.literally(e.Expression)
	case *hclsyntax.ObjectConsExpr:
		w.literal = true
		for i, item := range e.Items {
			f := &w.Fields[i]
			f.at = hcl.RangeBetween(item.KeyExpr.Range(), item.ValueExpr.Range())
			f.Value.literally(item.ValueExpr)
		}
	case *hclsyntax.TupleConsExpr:
		w.literal = true
		for i, item := range e.Exprs {
			w.Items[i].literally(item)
		}
	case *hclsyntax.LiteralValueExpr:
		w.literal = true
	case *hclsyntax.UnaryOpExpr:
		_, w.literal = e.Val.(*hclsyntax.LiteralValueExpr)
	case *hclsyntax.TemplateExpr:
		w.literal = e.IsStringLiteral()
	}
}

// want turns a folded value into a fixed one; nil after a problem.
func (l *loader) want(n node) *Wanted {
	w := &Wanted{Place: placeOf(n.at()), at: n.at()}
	switch n := n.(type) {
	case *literal:
		w.Text = n.text
	case *array:
		w.List = true
		for _, item := range n.items {
			inner := l.want(item)
			if inner == nil {
				return nil
			}
			w.Items = append(w.Items, inner)
		}
	case *object:
		w.Object = true
		for _, f := range n.fields {
			inner := l.want(f.value)
			if inner == nil {
				return nil
			}
			w.Fields = append(w.Fields, WantedField{Name: f.name, Value: inner})
		}
	default:
		l.fail(n.at(), "Write the value itself.", "A test is fixed: expr, env and other secrets can't stand here.")
		return nil
	}
	w.JSON = appendJSON(nil, n)
	l.spend(w.at, valueWork+len(w.JSON))
	if fixed, ok := n.(*literal); !ok || fixed.kind == nullKind {
		w.Text = string(w.JSON)
	}
	return w
}

// wantedValue is any fixed value, null included.
func (l *loader) wantedValue(s *section, name string) *Wanted {
	n := s.value(name)
	if n == nil {
		return nil
	}
	w := l.want(n)
	if w != nil {
		w.literally(s.attrs[name].Expr)
	}
	return w
}

// wanted is a fixed scalar of a kind.
func (l *loader) wanted(s *section, name string, k kind) *Wanted {
	w := l.wantedValue(s, name)
	if w == nil {
		return nil
	}
	if !w.is(k) {
		l.fail(w.at, "Write "+name+" = "+map[kind]string{stringKind: `"…"`, boolKind: "true or false", numberKind: "2, without quotes"}[k]+".",
			"%s is %s.", name, map[kind]string{stringKind: "a text", boolKind: "true or false", numberKind: "a number"}[k])
		return nil
	}
	return w
}

func (w *Wanted) is(k kind) bool {
	switch first := w.JSON[0]; k {
	case stringKind:
		return first == '"'
	case boolKind:
		return first == 't' || first == 'f'
	case numberKind:
		return first == '-' || '0' <= first && first <= '9'
	}
	return false
}

func (w *Wanted) scalar() bool { return !w.Object && !w.List && string(w.JSON) != "null" }

// wantedHeaders is an object of fixed texts, numbers, booleans and nulls.
func (l *loader) wantedHeaders(s *section) *Wanted {
	w := l.wantedValue(s, "headers")
	switch {
	case w == nil:
		return nil
	case !w.Object:
		l.fail(w.at, "", "headers is an object: { name = value }.")
		return nil
	case len(w.Fields) == 0:
		l.fail(w.at, "Name a header; null says that it is not sent.", "This asks for nothing: other headers may be sent as well.")
		return nil
	}
	for _, f := range w.Fields {
		if f.Value.Object || f.Value.List {
			l.fail(f.Value.at, "Write one text, or null for a header that is not sent.", "headers holds texts.")
			return nil
		}
	}
	return w
}

// wantedFields is an object of the fields of a form or query: fixed texts,
// numbers and booleans, or lists of them where a name is repeated.
func (l *loader) wantedFields(s *section, name string) *Wanted {
	w := l.wantedValue(s, name)
	if w == nil {
		return nil
	}
	if !w.Object {
		l.fail(w.at, "", "%s is an object: { name = value }.", name)
		return nil
	}
	for _, f := range w.Fields {
		texts := f.Value.Items
		if !f.Value.List {
			texts = []*Wanted{f.Value}
		}
		for _, text := range texts {
			if !text.scalar() {
				l.fail(text.at, "Of a nested form, write the names as sent: \"contact[email]\" = …; what is not sent is left out.", "%s holds texts.", name)
				return nil
			}
		}
	}
	return w
}
