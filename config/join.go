package config

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

var errJoin = fault{"join takes texts, numbers and booleans, in lists.", `Write it like join(", ", ["a", "b"]).`}

// joinFunction is not that of the library, which makes lists of one type of its
// arguments first: that takes a time that grows with the square of their length.
var joinFunction = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "separator", Type: cty.String}},
	VarParam: &function.Parameter{Name: "lists", Type: cty.DynamicPseudoType},
	Type:     function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		separator, empty := args[0].AsString(), true
		var out strings.Builder
		for _, list := range args[1:] {
			if t := list.Type(); !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
				return cty.UnknownVal(cty.String), errJoin
			}
			for it := list.ElementIterator(); it.Next(); {
				_, item := it.Element()
				text, err := convert.Convert(item, cty.String)
				if err != nil || text.IsNull() {
					return cty.UnknownVal(cty.String), errJoin
				}
				if !text.IsKnown() {
					return cty.UnknownVal(cty.String), nil
				}
				if !empty {
					out.WriteString(separator)
				}
				empty = false
				if out.WriteString(text.AsString()); out.Len() > maxText {
					return cty.UnknownVal(cty.String), errTooLong
				}
			}
		}
		return cty.StringVal(out.String()), nil
	},
})
