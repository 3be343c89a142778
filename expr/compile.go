package expr

import (
	"maps"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	types "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// A Kind is what an expression must yield.
type Kind int

const (
	Value  Kind = iota // anything that JSON can hold
	Bool               // true or false
	Scalar             // what can be written as text: no list and no object
)

// An Error is a mistake in an expression's source, at Offset for Length bytes of
// it. Length is 0 where something is missing.
type Error struct {
	Offset, Length int
	Message        string // in the user's words, no position in it
	Hint           string // what to do; may be empty
}

func (e *Error) Error() string { return e.Message }

// Compile checks src, at most 4 KiB. Its errors are of type *Error.
func Compile(src string, kind Kind) (*Program, error) { return compileOver(anEvent, src, kind) }

func compileOver(sees subject, src string, kind Kind) (p *Program, err error) {
	defer func() {
		if recover() != nil {
			p, err = nil, source(src).whole("this expression can't be compiled", "write it in a simpler way")
		}
	}()
	p, e := compile(sees, source(src), kind)
	if e != nil {
		return nil, e
	}
	return p, nil
}

// compile parses, and takes a path off the tree before anything changes it; then
// the tree is resolved, checked and lowered.
func compile(sees subject, src source, kind Kind) (*Program, *Error) {
	if e := admit(src); e != nil {
		return nil, e
	}
	language := newLanguage()
	tree, err := parser.ParseWithConfig(string(src), language)
	if err != nil {
		return nil, src.complaint(err)
	}
	if s := measure(tree.Node, map[ast.Node]size{}); s.depth > maxNesting || s.cost > maxCost {
		return nil, src.whole("the expression is nested too deeply", "split it")
	}
	if n := deepLoop(tree.Node, 0); n != nil {
		return nil, src.at(n.Location(), "functions that go through lists are nested more than two deep here", "make one list first, such as with flatten(map(…))")
	}
	p := &Program{src: src, sees: sees}
	if path, ok := pathOf(tree.Node); ok && sees == anEvent {
		p.path = &path
	}
	if e := resolve(sees, src, &tree.Node); e != nil {
		return nil, e
	}
	yields, err := types.Check(tree, language)
	if err != nil {
		return nil, src.complaint(err)
	}
	if e := checkKind(src, tree.Node, yields, kind); e != nil {
		return nil, e
	}
	if e := lower(src, &tree.Node); e != nil {
		return nil, e
	}
	if p.path == nil {
		p.code, err = compiler.Compile(tree, language)
	}
	if err != nil {
		return nil, src.complaint(err)
	}
	return p, nil
}

// admit refuses what the parser should not see.
func admit(src source) *Error {
	switch {
	case len(src) > maxSource:
		return src.whole("the expression has more than 4 KiB", "split it")
	case !utf8.ValidString(string(src)):
		return src.whole("the expression is not valid UTF-8", "")
	case strings.TrimSpace(string(src)) == "":
		return src.whole("the expression is empty", `null is expr("nil")`)
	}
	return nil
}

// adviceScalar is how a message about a list or an object ends, and what to do.
var adviceScalar = [2]string{", where text is wanted", "name one of its members, or say how to write it, such as json(…) or join(…)"}

// adviceBool is for what is true or false once it is compared.
const adviceBool = "compare it with something, such as == 'DE' or > 0"

// checkKind refuses what certainly yields something else.
func checkKind(src source, root ast.Node, yields reflect.Type, kind Kind) *Error {
	if root.Nature().Nil {
		yields = nil
	}
	switch {
	case yields != nil && yields.Kind() == reflect.Interface: // known at run time only
	case kind == Bool && (yields == nil || yields.Kind() != reflect.Bool):
		return src.whole("the expression yields "+kindOfType(yields)+", not true or false", adviceBool)
	case kind == Scalar && yields != nil && (yields.Kind() == reflect.Slice || yields.Kind() == reflect.Map):
		return src.whole("the expression yields "+kindOfType(yields)+adviceScalar[0], adviceScalar[1])
	}
	return nil
}

// newLanguage is the language without what is not kept, and over two roots. The
// type checker writes into it: one for each source.
func newLanguage() *conf.Config {
	c := &conf.Config{
		ShortCircuit: true,
		MaxNodes:     maxNodes,
		Functions:    vocabulary,
		Builtins:     keptBuiltins,
	}
	c.WithEnv(map[string]any{dataRoot: map[string]any{}, eventRoot: map[string]any{}})
	return c
}

// vocabulary is what compiled calls may name.
var vocabulary = func() conf.FunctionsTable {
	all := conf.FunctionsTable{}
	for _, t := range []map[string]*builtin.Function{functions, operations, cheap} {
		maps.Copy(all, t)
	}
	return all
}()

var keptBuiltins = func() conf.FunctionsTable {
	all := conf.FunctionsTable{}
	for _, name := range kept {
		all[name] = builtin.Builtins[builtin.Index[name]]
	}
	return all
}()
