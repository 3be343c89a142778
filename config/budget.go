package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// What a configuration may grow to when it is worked out: bytes of text, and
// values, each of which counts for some. What is small as written can be vast:
// a list of lists of lists, a for in a for, a text that repeats another.
const (
	maxWork   = 32 << 20
	valueWork = 32
	maxText   = 4 << 20 // bytes of one text, and of all texts in one value
)

// stopped ends a load that leads nowhere any more. It is panicked with, since it
// comes up within HCL's own code too.
type stopped struct{}

// attempt tells whether work was done to its end.
func attempt(work func()) (whole bool) {
	defer func() {
		switch r := recover(); r {
		case nil, stopped{}:
		default:
			panic(r)
		}
	}()
	work()
	return true
}

// spend notes what was made, and stops the load once it is too much.
func (l *loader) spend(at hcl.Range, work int) {
	if l.work += work; l.work > maxWork {
		l.fail(at, "See which locals, mappings and loops repeat one another.", "The configuration grows too large when it is worked out.")
		panic(stopped{})
	}
}

// metered is an expression that HCL works out, as often as it likes.
type metered struct {
	hclsyntax.Expression
	l *loader
}

func (m metered) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := m.Expression.Value(ctx)
	m.l.spend(m.Range(), weigh(v, maxWork))
	return v, diags
}

// weigh is what a value counts for; it does not look further than most.
func weigh(v cty.Value, most int) int {
	v, _ = v.Unmark()
	sum := valueWork
	switch t := v.Type(); {
	case !v.IsKnown() || v.IsNull():
	case t == cty.String:
		sum += len(v.AsString())
	case t == cty.Number:
		sum += 8 * valueWork // it takes long to write one
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next() && sum < most; {
			_, item := it.Element()
			sum += weigh(item, most-sum)
		}
	}
	return sum
}

// meter lets HCL work out e under the budget: whatever repeats, or puts together.
func (l *loader) meter(e hclsyntax.Expression) {
	var nodes []hclsyntax.Node
	hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		nodes = append(nodes, n)
		return nil
	})
	under := func(e hclsyntax.Expression) hclsyntax.Expression {
		if e == nil {
			return nil
		}
		return metered{e, l}
	}
	for _, n := range nodes {
		switch n := n.(type) {
		case *hclsyntax.ForExpr:
			n.KeyExpr, n.ValExpr, n.CondExpr = under(n.KeyExpr), under(n.ValExpr), under(n.CondExpr)
		case *hclsyntax.SplatExpr:
			n.Each = under(n.Each)
		case *hclsyntax.FunctionCallExpr:
			for i := range n.Args {
				n.Args[i] = under(n.Args[i])
			}
		case *hclsyntax.TemplateExpr:
			for i := range n.Parts {
				n.Parts[i] = under(n.Parts[i])
			}
		}
	}
}
