package expr

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/expr-lang/expr/parser/utils"
)

// A Node is a part of a payload: *Object, *List, *Template, *Program, *Literal or *Secret.
type Node interface{ node() }

type (
	// An Object keeps its fields in the declared order.
	Object struct{ Fields []Field }
	Field  struct {
		Name  string
		Value Node
	}
	List struct{ Items []Node }

	// A Literal is a fixed value, as compact JSON.
	Literal struct{ JSON []byte }

	// A Template is text put together from parts. A single expression in it keeps
	// the kind of its value; elsewhere null is empty.
	Template struct{ Text Text }

	// A Secret is a sensitive text, known by its name only.
	Secret struct{ Name string }
)

func (*Object) node()   {}
func (*List) node()     {}
func (*Literal) node()  {}
func (*Template) node() {}
func (*Secret) node()   {}
func (*Program) node()  {}

// A Mapping is a whole payload, ready to be rendered. It is immutable and safe
// for concurrent use.
type Mapping struct{ root Node }

// NewMapping makes a mapping of a finished tree.
func NewMapping(root *Object) *Mapping { return &Mapping{root} }

// Rendered is a payload: compact JSON with holes where secrets go, each inside a
// JSON string, by rising Offset.
type Rendered struct {
	JSON  []byte
	Holes []Hole
}

// A Hole is where the value of a secret goes in, escaped for a JSON string.
type Hole struct {
	Offset int
	Secret string
}

// maxPayload is how many bytes a payload may have, its secrets apart.
const maxPayload = 4 << 20

// ErrTooLarge tells that a payload would have more than 4 MiB.
var ErrTooLarge = errors.New("the payload has more than 4 MiB")

// Render makes the payload of one event. An error names the field.
func (m *Mapping) Render(s *Scope) (Rendered, error) {
	r := renderer{scope: s}
	if err := r.node(m.root, nil); err != nil {
		return Rendered{}, err
	}
	return r.out, nil
}

type renderer struct {
	scope *Scope
	out   Rendered
}

func (r *renderer) node(n Node, at *place) error {
	switch n := n.(type) {
	case *Object:
		return r.object(n, at)
	case *List:
		return r.list(n, at)
	case *Literal:
		r.write(string(n.JSON))
	case *Secret:
		return r.text(Text{Parts: []Part{{Secret: n.Name}}}, at)
	case *Program:
		return r.value(n, at)
	case *Template:
		if p := n.Text.single(); p != nil {
			return r.value(p, at)
		}
		return r.text(n.Text, at)
	default:
		r.write("null")
	}
	return r.check()
}

func (r *renderer) object(o *Object, at *place) error {
	r.write("{")
	for i, f := range o.Fields {
		if i > 0 {
			r.write(",")
		}
		r.out.JSON = append(appendString(r.out.JSON, f.Name), ':')
		if err := r.node(f.Value, &place{parent: at, name: f.Name}); err != nil {
			return err
		}
	}
	r.write("}")
	return nil
}

func (r *renderer) list(l *List, at *place) error {
	r.write("[")
	for i, item := range l.Items {
		if i > 0 {
			r.write(",")
		}
		if err := r.node(item, &place{parent: at, index: i, indexed: true}); err != nil {
			return err
		}
	}
	r.write("]")
	return nil
}

func (r *renderer) value(p *Program, at *place) error {
	out, err := p.AppendJSON(r.out.JSON, r.scope)
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	r.out.JSON = out
	return r.check()
}

// text writes a string; where a secret belongs it leaves a hole.
func (r *renderer) text(t Text, at *place) error {
	r.write(`"`)
	for _, p := range t.Parts {
		switch {
		case p.Expr != nil:
			v, _, err := p.Expr.Text(r.scope)
			if err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			r.out.JSON = appendText(r.out.JSON, v)
		case p.Secret != "":
			r.out.Holes = append(r.out.Holes, Hole{Offset: len(r.out.JSON), Secret: p.Secret})
		default:
			r.out.JSON = appendText(r.out.JSON, p.Literal)
		}
	}
	r.write(`"`)
	return r.check()
}

func (r *renderer) write(s string) { r.out.JSON = append(r.out.JSON, s...) }

func (r *renderer) check() error {
	if len(r.out.JSON) > maxPayload {
		return ErrTooLarge
	}
	return nil
}

// A place is where a value stands in the payload.
type place struct {
	parent  *place
	name    string
	index   int
	indexed bool
}

func (p *place) String() string {
	switch {
	case p == nil:
		return "payload"
	case p.indexed:
		return p.parent.String() + "[" + strconv.Itoa(p.index) + "]"
	case utils.IsValidIdentifier(p.name):
		return p.parent.String() + "." + p.name
	}
	return p.parent.String() + "[" + strconv.Quote(p.name) + "]"
}
