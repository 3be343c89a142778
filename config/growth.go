package config

import (
	"regexp"
	"strconv"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// bounded is a function that is not called where its result may be too long;
// bytes estimates it, from above.
func bounded(f function.Function, bytes func(args []cty.Value) int) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if bytes(args) > maxText {
				return cty.DynamicPseudoType, errTooLong
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

var (
	verbPattern  = regexp.MustCompile(`%[^a-zA-Z%]*`)
	widthPattern = regexp.MustCompile(`[0-9]+`)
)

// formatBytes: each verb can write any argument, and is as wide as it says.
func formatBytes(args []cty.Value) int {
	longest := 0
	for _, arg := range args[1:] {
		longest = max(longest, weigh(arg, maxText))
	}
	sum := textLength(args[0])
	for _, verb := range verbPattern.FindAllString(knownText(args[0]), -1) {
		sum += longest
		for _, width := range widthPattern.FindAllString(verb, -1) {
			n, err := strconv.Atoi(width)
			if err != nil || n > maxText {
				return maxText + 1
			}
			sum += n
		}
	}
	return sum
}

// decodedBytes: what JSON says in few bytes takes many as values.
func decodedBytes(args []cty.Value) int { return 4 * textLength(args[0]) }

func textLength(v cty.Value) int { return len(knownText(v)) }

// knownText is a known text, or empty.
func knownText(v cty.Value) string {
	if v, _ = v.Unmark(); v.IsKnown() && !v.IsNull() && v.Type() == cty.String {
		return v.AsString()
	}
	return ""
}
