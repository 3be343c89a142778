package expr

import (
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr/builtin"
)

// kept are expr-lang's functions that do what the package promises. Whatever is
// not here and not below does not exist, also when expr-lang gets more of them.
var kept = []string{
	"all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast",
	"count", "sum", "groupBy", "sortBy", "reduce",
	"len", "upper", "lower", "trim", "trimPrefix", "trimSuffix", "hasPrefix", "hasSuffix",
	"max", "min", "mean", "median", "toBase64",
	"reverse", "concat", "flatten", "sort", "take",
	"bitand", "bitor", "bitxor", "bitnand", "bitnot", "bitshl", "bitshr", "bitushr",
}

// functions are our own, in place of expr-lang's of the same name or beside
// them, under the names of their calls.
var functions = table(
	// Kinds
	function("type", one(typeName), reflect.TypeFor[func(any) string]()),
	function("string", one(toText), reflect.TypeFor[func(any) string]()),
	function("int", one(toInt), reflect.TypeFor[func(any) int]()),
	function("float", one(toNumber), reflect.TypeFor[func(any) float64]()),
	function("toJSON", one(toJSON), reflect.TypeFor[func(any) string]()),
	function("fromJSON", one(fromJSON), reflect.TypeFor[func(any) any]()),
	function("fromBase64", one(fromBase64), reflect.TypeFor[func(any) string]()),

	// Numbers
	function("abs", one(abs), reflect.TypeFor[func(any) any]()),
	function("ceil", one(ceil), reflect.TypeFor[func(any) any]()),
	function("floor", one(floor), reflect.TypeFor[func(any) any]()),
	function("round", one(round), reflect.TypeFor[func(any) any]()),

	// Text
	function("split", split, reflect.TypeFor[func(any, any) []any](), reflect.TypeFor[func(any, any, any) []any]()),
	function("splitAfter", splitAfter, reflect.TypeFor[func(any, any) []any](), reflect.TypeFor[func(any, any, any) []any]()),
	function("join", join, reflect.TypeFor[func(any) string](), reflect.TypeFor[func(any, any) string]()),
	function("replace", replace, reflect.TypeFor[func(any, any, any) string](), reflect.TypeFor[func(any, any, any, any) string]()),
	function("repeat", two(repeat), reflect.TypeFor[func(any, any) string]()),
	function("indexOf", two(indexOf), reflect.TypeFor[func(any, any) int]()),
	function("lastIndexOf", two(lastIndexOf), reflect.TypeFor[func(any, any) int]()),

	// Lists and objects
	function("get", two(func(v, key any) (any, error) { return fetch(v, key), nil }), reflect.TypeFor[func(any, any) any]()),
	function("first", one(first), reflect.TypeFor[func(any) any]()),
	function("last", one(last), reflect.TypeFor[func(any) any]()),
	function("uniq", one(uniq), reflect.TypeFor[func(any) []any]()),
	function("keys", one(keys), reflect.TypeFor[func(any) []any]()),
	function("values", one(values), reflect.TypeFor[func(any) []any]()),
	function("toPairs", one(toPairs), reflect.TypeFor[func(any) []any]()),
	function("fromPairs", one(fromPairs), reflect.TypeFor[func(any) map[string]any]()),

	// Time
	function("date", date, reflect.TypeFor[func(any) time.Time](), reflect.TypeFor[func(any, any) time.Time](), reflect.TypeFor[func(any, any, any) time.Time]()),
	function("duration", one(duration), reflect.TypeFor[func(any) time.Duration]()),
	function("timezone", one(timezone), reflect.TypeFor[func(any) *time.Location]()),
	function("now", nil, reflect.TypeFor[func() time.Time]()), // resolved to date(event.time)
)

// operations are what the operators of the language become. Nobody can call them:
// their names are no names.
var operations = table(
	function("+", two(add)),
	function("-", two(subtract)),
	function("*", two(multiply)),
	function("/", two(divide)),
	function("%", two(modulo)),
	function("**", two(power)),
	function("-x", one(negate)),
	function("+x", one(number)),
	function("==", two(func(a, b any) (any, error) { return equal(a, b) })),
	function("!=", two(func(a, b any) (any, error) { same, err := equal(a, b); return !same, err })),
	function("<", ordered(func(c int) bool { return c < 0 })),
	function(">", ordered(func(c int) bool { return c > 0 })),
	function("<=", ordered(func(c int) bool { return c <= 0 })),
	function(">=", ordered(func(c int) bool { return c >= 0 })),
	function("in", two(in)),
	function("..", two(span)),
	function("matches", two(matches)),
	function(".", two(func(v, key any) (any, error) { return fetch(v, key), nil })),
	function("[:]", func(args ...any) (any, error) { return slice(args[0], args[1], args[2]) }),
	function(".()", func(args ...any) (any, error) { return method(args[0], args[1].(string), args[2:]) }),
	function("[]", two(list)),
	function("int()", one(func(v any) (any, error) { return v, nil }), reflect.TypeFor[func(any) int]()),
	function("sum()", one(sum)),
	function("groupBy()", one(groupBy)),
)

func function(name string, call func(args ...any) (any, error), types ...reflect.Type) *builtin.Function {
	return &builtin.Function{Name: name, Func: call, Types: types}
}

func table(list ...*builtin.Function) map[string]*builtin.Function {
	m := make(map[string]*builtin.Function, len(list))
	for _, f := range list {
		m[f.Name] = f
	}
	return m
}

// one and two fit functions to expr-lang's way of calling. The type checker has
// counted the arguments.
func one(f func(v any) (any, error)) func(args ...any) (any, error) {
	return func(args ...any) (any, error) { return f(args[0]) }
}

func two(f func(a, b any) (any, error)) func(args ...any) (any, error) {
	return func(args ...any) (any, error) { return f(args[0], args[1]) }
}

func ordered(ok func(c int) bool) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		c, err := compare(args[0], args[1])
		return ok(c), err
	}
}

// functionNames are all that may be called, for suggestions.
func functionNames() []string {
	names := slices.Clone(kept)
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
