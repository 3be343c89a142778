package expr

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr/builtin"
)

// kept are expr-lang's functions that go through a list with an expression of
// their own. Whatever is not here and not below does not exist, also when
// expr-lang gets more of them.
var kept = []string{
	"all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast",
	"count", "sum", "groupBy", "sortBy", "reduce",
}

// functions are our own, in place of expr-lang's of the same name or beside
// them, under the names of their calls.
var functions = table(
	// Kinds
	function("type", one(typeName), reflect.TypeFor[func(any) string]()),
	function("string", toText, reflect.TypeFor[func(any) string]()),
	function("int", one(toInt), reflect.TypeFor[func(any) int]()),
	function("float", one(toNumber), reflect.TypeFor[func(any) float64]()),
	function("json", toJSON, reflect.TypeFor[func(any) string]()),
	function("toJSON", toJSON, reflect.TypeFor[func(any) string]()),
	function("fromJSON", fromJSON, reflect.TypeFor[func(string) any]()),

	// Numbers
	function("abs", one(abs), reflect.TypeFor[func(any) any]()),
	function("ceil", one(ceil), reflect.TypeFor[func(any) any]()),
	function("floor", one(floor), reflect.TypeFor[func(any) any]()),
	function("round", one(round), reflect.TypeFor[func(any) any]()),
	function("fixed", two(fixed), reflect.TypeFor[func(any, int) string]()),
	aggregate("max", largest("max", 1)),
	aggregate("min", largest("min", -1)),
	aggregate("mean", mean),
	aggregate("median", median),
	function("bitand", bitwise("bitand", func(x, y int) int { return x & y }), reflect.TypeFor[func(int, int) int]()),
	function("bitor", bitwise("bitor", func(x, y int) int { return x | y }), reflect.TypeFor[func(int, int) int]()),
	function("bitxor", bitwise("bitxor", func(x, y int) int { return x ^ y }), reflect.TypeFor[func(int, int) int]()),
	function("bitnand", bitwise("bitnand", func(x, y int) int { return x &^ y }), reflect.TypeFor[func(int, int) int]()),
	function("bitshl", shift("bitshl", func(x int, by uint) int { return x << by }), reflect.TypeFor[func(int, int) int]()),
	function("bitshr", shift("bitshr", func(x int, by uint) int { return x >> by }), reflect.TypeFor[func(int, int) int]()),
	function("bitushr", shift("bitushr", func(x int, by uint) int { return int(uint(x) >> by) }), reflect.TypeFor[func(int, int) int]()),
	function("bitnot", one(bitnot), reflect.TypeFor[func(int) int]()),

	// Text
	function("upper", text("upper", toUpper), reflect.TypeFor[func(string) string]()),
	function("lower", text("lower", toLower), reflect.TypeFor[func(string) string]()),
	function("trim", trim, reflect.TypeFor[func(string) string](), reflect.TypeFor[func(string, string) string]()),
	function("trimPrefix", affix("trimPrefix", trimPrefix), reflect.TypeFor[func(string) string](), reflect.TypeFor[func(string, string) string]()),
	function("trimSuffix", affix("trimSuffix", trimSuffix), reflect.TypeFor[func(string) string](), reflect.TypeFor[func(string, string) string]()),
	function("hasPrefix", affix("hasPrefix", hasPrefix), reflect.TypeFor[func(string, string) bool]()),
	function("hasSuffix", affix("hasSuffix", hasSuffix), reflect.TypeFor[func(string, string) bool]()),
	function("split", split, reflect.TypeFor[func(string, string) []any](), reflect.TypeFor[func(string, string, int) []any]()),
	function("splitAfter", splitAfter, reflect.TypeFor[func(string, string) []any](), reflect.TypeFor[func(string, string, int) []any]()),
	function("join", join, reflect.TypeFor[func([]any) string](), reflect.TypeFor[func([]any, string) string]()),
	function("replace", replace, reflect.TypeFor[func(string, string, string) string](), reflect.TypeFor[func(string, string, string, int) string]()),
	function("repeat", repeat, reflect.TypeFor[func(string, int) string]()),
	function("indexOf", indexOf, reflect.TypeFor[func(string, string) int]()),
	function("lastIndexOf", lastIndexOf, reflect.TypeFor[func(string, string) int]()),
	function("digits", text("digits", digits), reflect.TypeFor[func(string) string]()),
	function("mask_email", text("mask_email", maskEmail), reflect.TypeFor[func(string) string]()),
	function("slack_escape", text("slack_escape", slackEscape), reflect.TypeFor[func(string) string]()),
	function("urlencode", text("urlencode", urlEncode), reflect.TypeFor[func(string) string]()),
	function("base64", text("base64", toBase64), reflect.TypeFor[func(string) string]()),
	function("toBase64", text("toBase64", toBase64), reflect.TypeFor[func(string) string]()),
	function("fromBase64", text("fromBase64", fromBase64), reflect.TypeFor[func(string) string]()),

	// Digests
	function("md5", text("md5", md5Hex), reflect.TypeFor[func(string) string]()),
	function("sha256", text("sha256", sha256Hex), reflect.TypeFor[func(string) string]()),
	function("hmac_sha256", hmacSHA256, reflect.TypeFor[func(string, string) string]()),
	function("uuid5", uuid5, reflect.TypeFor[func(string, string) string]()),

	// Lists and objects
	sized("len", length),
	function("get", two(func(v, key any) (any, error) { return fetch(v, key), nil }), reflect.TypeFor[func(any, any) any]()),
	function("first", one(first), reflect.TypeFor[func(any) any]()),
	function("last", one(last), reflect.TypeFor[func(any) any]()),
	function("take", take, reflect.TypeFor[func([]any, int) []any]()),
	function("reverse", reverse, reflect.TypeFor[func([]any) []any]()),
	function("concat", concat, reflect.TypeFor[func(...[]any) []any]()),
	function("flatten", flatten, reflect.TypeFor[func([]any) []any]()),
	function("sort", sorted, reflect.TypeFor[func([]any) []any](), reflect.TypeFor[func([]any, string) []any]()),
	function("uniq", uniq, reflect.TypeFor[func([]any) []any]()),
	function("keys", keys, reflect.TypeFor[func(any) []any]()),
	function("values", values, reflect.TypeFor[func(any) []any]()),
	function("toPairs", toPairs, reflect.TypeFor[func(any) []any]()),
	function("fromPairs", fromPairs, reflect.TypeFor[func([]any) map[string]any]()),

	// Time
	function("date", date, reflect.TypeFor[func(any) time.Time](), reflect.TypeFor[func(any, any) time.Time](), reflect.TypeFor[func(any, any, any) time.Time]()),
	function("duration", one(duration), reflect.TypeFor[func(any) time.Duration]()),
	function("timezone", timezone, reflect.TypeFor[func(any) *time.Location]()),
	function("now", nil, reflect.TypeFor[func() time.Time]()), // resolved to date(event.time)
)

// operations are what operators become, and the functions that expr-lang has
// wrong. Nobody can call them: their names are no names.
var operations = table(
	function("+", add),
	function("==", func(m *meter, args []any) (any, error) { return m.equal(args[0], args[1]) }),
	function("!=", func(m *meter, args []any) (any, error) { same, err := m.equal(args[0], args[1]); return !same, err }),
	function("in", func(m *meter, args []any) (any, error) { return m.in(args[0], args[1]) }),
	function("..", span),
	function("matches", matches),
	function("contains", two(within("contains", contains))),
	function("[:]", slice),
	function(".()", func(m *meter, args []any) (any, error) { return method(m, args[0], args[1].(string), args[2:]) }),
	function("count()", count),
	function("sum()", sum),
	function("sortBy()", sortBy),
	function("groupBy()", groupBy),
)

// cheap are operations that take no time to speak of, whatever they get.
var cheap = table(
	operator("== literal", func(a, b any) (any, error) { return (*meter)(nil).equal(a, b) }), // there is nothing to go into
	operator("!= literal", func(a, b any) (any, error) { same, err := (*meter)(nil).equal(a, b); return !same, err }),
	operator("startsWith", within("startsWith", hasPrefix)),
	operator("endsWith", within("endsWith", hasSuffix)),
	operator("-", subtract),
	operator("*", multiply),
	operator("/", divide),
	operator("%", modulo),
	operator("**", power),
	operator("<", ordered(func(c int) bool { return c < 0 })),
	operator(">", ordered(func(c int) bool { return c > 0 })),
	operator("<=", ordered(func(c int) bool { return c <= 0 })),
	operator(">=", ordered(func(c int) bool { return c >= 0 })),
	operator(".", func(v, key any) (any, error) { return fetch(v, key), nil }),
	operator("[]", list),
	&builtin.Function{Name: "-x", Func: func(args ...any) (any, error) { return negate(args[0]) }},
	&builtin.Function{Name: "+x", Func: func(args ...any) (any, error) { return number(args[0]) }},
	&builtin.Function{Name: "int()", Func: func(args ...any) (any, error) { return args[0], nil }, Types: []reflect.Type{reflect.TypeFor[func(any) int]()}},
)

func isOperation(name string) bool { return operations[name] != nil || cheap[name] != nil }

// isMetered tells whether a compiled call begins with the meter.
func isMetered(name string) bool { return functions[name] != nil || operations[name] != nil }

// A call is what a function does. The type checker has counted its arguments.
type call func(m *meter, args []any) (any, error)

// function is a call that costs a step, and more for long texts.
func function(name string, f call, types ...reflect.Type) *builtin.Function {
	metered := func(args ...any) (any, error) {
		m, args := args[0].(*meter), args[1:]
		steps := 1
		for _, arg := range args {
			if text, ok := arg.(string); ok {
				steps += len(text) >> 8
			}
		}
		if err := m.spend(steps); err != nil {
			return nil, err
		}
		return f(m, args)
	}
	return &builtin.Function{Name: name, Func: metered, Types: types}
}

func operator(name string, f func(a, b any) (any, error)) *builtin.Function {
	return &builtin.Function{Name: name, Func: func(args ...any) (any, error) { return f(args[0], args[1]) }}
}

// aggregate is a function of one or more numbers and lists.
func aggregate(name string, f call) *builtin.Function {
	return accepting(function(name, f), reflect.TypeFor[any](), math.MaxInt, reflect.Int, reflect.Float64, reflect.Slice)
}

// sized is a function of one value that has a length.
func sized(name string, f call) *builtin.Function {
	return accepting(function(name, f), reflect.TypeFor[int](), 1, reflect.String, reflect.Slice, reflect.Map)
}

// accepting has the type checker let in arguments of these kinds alone.
func accepting(f *builtin.Function, yields reflect.Type, most int, kinds ...reflect.Kind) *builtin.Function {
	f.Validate = func(args []reflect.Type) (reflect.Type, error) {
		if len(args) == 0 {
			return yields, fmt.Errorf("not enough arguments to call %s", f.Name)
		}
		if len(args) > most {
			return yields, fmt.Errorf("too many arguments to call %s", f.Name)
		}
		for _, arg := range args {
			if arg == nil || arg.Kind() != reflect.Interface && !slices.Contains(kinds, arg.Kind()) {
				return yields, fmt.Errorf("invalid argument for %s (type %v)", f.Name, arg)
			}
		}
		return yields, nil
	}
	return f
}

func table(list ...*builtin.Function) map[string]*builtin.Function {
	m := make(map[string]*builtin.Function, len(list))
	for _, f := range list {
		m[f.Name] = f
	}
	return m
}

func one(f func(v any) (any, error)) call {
	return func(_ *meter, args []any) (any, error) { return f(args[0]) }
}

func two(f func(a, b any) (any, error)) call {
	return func(_ *meter, args []any) (any, error) { return f(args[0], args[1]) }
}

// text is a function of one text.
func text(name string, f func(m *meter, s string) (any, error)) call {
	return func(m *meter, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return nil, wrong(name, "text", args[0])
		}
		return f(m, s)
	}
}

func ordered(ok func(c int) bool) func(a, b any) (any, error) {
	return func(a, b any) (any, error) {
		c, err := compare(a, b)
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
