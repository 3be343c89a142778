package expr

import (
	"fmt"
	"strconv"
	"strings"
)

// A Text is written where text is wanted: a header, a query value, a URL, a part
// of a payload.
type Text struct{ Parts []Part }

// A Part is exactly one of its fields.
type Part struct {
	Literal string
	Secret  string // its name
	Expr    *Program
}

// Literal is the text when nothing in it depends on an event or a secret.
func (t Text) Literal() (string, bool) {
	var b strings.Builder
	for _, p := range t.Parts {
		if p.Expr != nil || p.Secret != "" {
			return "", false
		}
		b.WriteString(p.Literal)
	}
	return b.String(), true
}

// String is for people: a secret is (sensitive), an expression ${expr("…")}.
func (t Text) String() string {
	var b strings.Builder
	for _, p := range t.Parts {
		switch {
		case p.Expr != nil:
			b.WriteString("${expr(" + strconv.Quote(p.Expr.Source()) + ")}")
		case p.Secret != "":
			b.WriteString("(sensitive)")
		default:
			b.WriteString(p.Literal)
		}
	}
	return b.String()
}

// Render puts the parts together. secret finds the value of a secret by name;
// escape is applied to what comes from expressions alone (nil: nothing). null
// tells that the text is a single expression without a value; elsewhere such a
// one is empty. The text of an object or a list is an error.
func (t Text) Render(s *Scope, secret func(name string) (string, bool), escape func(string) string) (text string, null bool, err error) {
	var b strings.Builder
	for _, p := range t.Parts {
		switch {
		case p.Expr != nil:
			v, isNull, err := p.Expr.Text(s)
			if err != nil {
				return "", false, err
			}
			if isNull && len(t.Parts) == 1 {
				return "", true, nil
			}
			if escape != nil {
				v = escape(v)
			}
			b.WriteString(v)
		case p.Secret != "":
			v, ok := secret(p.Secret)
			if !ok {
				return "", false, fmt.Errorf("the secret %q is not known", p.Secret)
			}
			b.WriteString(v)
		default:
			b.WriteString(p.Literal)
		}
	}
	return b.String(), false, nil
}

// single is the expression that is all of the text.
func (t Text) single() *Program {
	if len(t.Parts) == 1 {
		return t.Parts[0].Expr
	}
	return nil
}
