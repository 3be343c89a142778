package config

import (
	"github.com/hashicorp/hcl/v2"
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

	at hcl.Range
}

// A WantedField is a member of an object.
type WantedField struct {
	Name  string
	Value *Wanted
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
			w.Fields = append(w.Fields, WantedField{f.name, inner})
		}
	default:
		l.fail(n.at(), "Write the value itself.", "A test is fixed: expr, env and other secrets can't stand here.")
		return nil
	}
	w.JSON = appendJSON(nil, n)
	l.spend(w.at, valueWork+len(w.JSON))
	if w.Text == "" || w.List || w.Object {
		w.Text = string(w.JSON)
	}
	return w
}

func (l *loader) wantedValue(s *section, name string) *Wanted {
	a := s.attrs[name]
	if a == nil {
		return nil
	}
	n := l.fold(a.Expr) // null is a value here
	if n == nil {
		return nil
	}
	return l.want(n)
}

// wanted is a fixed scalar of a kind.
func (l *loader) wanted(s *section, name string, k kind) *Wanted {
	w := l.wantedValue(s, name)
	if w == nil {
		return nil
	}
	if !w.is(k) {
		l.fail(w.at, "", "%s is %s.", name, map[kind]string{stringKind: "a text", boolKind: "true or false", numberKind: "a number"}[k])
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

// wantedTexts is an object of fixed texts, numbers and booleans.
func (l *loader) wantedTexts(s *section, name string) *Wanted {
	w := l.wantedValue(s, name)
	if w == nil {
		return nil
	}
	if !w.Object {
		l.fail(w.at, "", "%s is an object: { name = value }.", name)
		return nil
	}
	for _, f := range w.Fields {
		if f.Value.Object || f.Value.List {
			l.fail(f.Value.at, "Of a nested form, write the names as sent: \"contact[email]\" = …", "%s holds texts.", name)
			return nil
		}
	}
	return w
}
