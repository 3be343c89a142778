package expr

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
)

// complaint is what expr-lang says about a source, in the user's words.
func (s source) complaint(err error) *Error {
	var e *file.Error
	if !errors.As(err, &e) {
		return s.whole("this expression can't be compiled", "write it in a simpler way")
	}
	switch e.Message {
	case "unexpected token EOF":
		return &Error{Offset: len(s), Message: "the expression ends too early", Hint: s.adviseEnd()}
	case "compilation failed: expression exceeds maximum allowed nodes":
		return s.whole("the expression has more than "+strconv.Itoa(maxNodes)+" parts", "split it")
	}
	message := translate(compileWords, e.Message)
	if message == "" {
		message = oneLine(e.Message)
	}
	out := s.at(e.Location, message, "")
	out.Hint = s.hint(e.Message, out.Offset)
	return out
}

// hint tells what to do about a message of expr-lang's.
func (s source) hint(message string, offset int) string {
	switch {
	case strings.HasPrefix(message, "unexpected token "):
		return s.adviseToken(offset)
	case strings.HasPrefix(message, "unrecognized character"):
		return adviseCharacter(message)
	case strings.HasPrefix(message, "a map key must be"):
		return "an object is written like {name: value}; a path stands alone, without braces"
	case message == "literal not terminated":
		return "add the one that is missing"
	case strings.HasPrefix(message, "invalid operation: + (mismatched types"):
		return "string(…) makes text of a number"
	case strings.HasPrefix(message, "invalid operation: ") && strings.Contains(message, "time.Time") && strings.Contains(message, "string"):
		return adviseKinds(textKind | timeKind)
	}
	return ""
}

// A rule says a message of expr-lang's in our words. Names of types in it become
// kinds where the words have %k.
type rule struct {
	match *regexp.Regexp
	words string
}

func rules(pairs ...string) []rule {
	var list []rule
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, rule{regexp.MustCompile(`(?s)^(?:` + pairs[i] + `)$`), pairs[i+1]})
	}
	return list
}

// In the words, $1 is what the first group matched, and @1 the kind it names.
var compileWords = rules(
	`unexpected token \w+\("(.*)"\)`, `unexpected "$1"`,
	`a map key must be .*`, `here the name of a member is expected`,
	`literal not terminated`, `a quote is not closed`,
	`unclosed comment`, `a comment is not closed`,
	`unrecognized character: (.*)`, `unexpected character $1`,
	`bad number syntax: "(.*)"`, `"$1" is not a number`,
	`invalid \w+ literal: .*out of range|(?:integer|float) literal is too large`, `the number is too large`,
	`invalid (\w+) literal: .*`, `this is not a valid $1`,
	`invalid char escape`, `unknown escape in a text`,
	`expected name`, `a name is missing`,
	`expected at least (\d+) arguments`, `it takes at least $1 arguments`,
	`Operator \((.*)\) and coalesce.*`, `?? can't be mixed with $1: put parentheses around one of them`,
	`invalid operation: (\S+) \(mismatched types (?:unknown|interface \{\}) and (.+)\)`, `$1 does not work on @2`,
	`invalid operation: (\S+) \(mismatched types (.+) and (?:unknown|interface \{\})\)`, `$1 does not work on @2`,
	`invalid operation: (\S+) \(mismatched types (.+) and (.+)\)`, `$1 does not work on @2 and @3`,
	`invalid operation: (\S+) \(mismatched type (.+)\)`, `$1 does not work on @2`,
	`cannot use (.+) as argument \(type (.+)\) to call (\w+) ?`, `$3 wants @2, not @1`,
	`cannot use (.+) as type (.+) in (?:array|map key)`, `@1 can't be in a list of @2`,
	`cannot use (.+) to get an element from (.+)`, `@1 can't name a member of @2`,
	`builtin (\w+) takes only array \(got (.+)\)`, `$1 wants a list, not @2`,
	`predicate should return boolean \(got (.+)\)`, `the condition yields @1, not true or false`,
	`non-bool expression \(type (.+)\) used as condition`, `the condition yields @1, not true or false`,
	`array elements can only be selected using an integer \(got (.+)\)`, `items of a list have numbers, not @1`,
	`non-integer slice index (.+)`, `[:] wants integers, not @1`,
	`cannot slice (.+)`, `[:] wants text or a list, not @1`,
	`type (.+) has no field (.+)`, `@1 has no member "$2"`,
	`type (.+) has no method (.+)`, `@1 has no method "$2"`,
	`type (.+)\[.+\] is undefined`, `@1 has no members`,
	`(?:invalid argument for|cannot) (\w+) \(type (.+)\)`, `$1 does not work on @2`,
	`cannot use pointer accessor outside predicate`, `# stands for an item, within a function that goes through a list`,
	`cannot redeclare (?:\w+ )?(.+)`, `the name "$1" is taken`,
	`error parsing regexp: (.*)`, `the pattern is not valid: $1`,
)

// runWords are for what fails in expr-lang itself. None lets a value through.
var runWords = rules(
	`.*\bexpr\.outsize\b.*`, string(errOutsize),
	`interface conversion: interface(?: \{\})? is (.+), not (.+)`, `@1 where @2 is wanted`,
	`invalid argument for (\w+) \(type (.+)\)`, `$1 does not work on @2`,
	`invalid operation: (.+) (?:<|>|<=|>=) (.+)`, `@1 and @2 can't be compared`,
	`memory budget exceeded`, `it makes more than `+strconv.Itoa(maxCells)+` items`,
	`reduce of empty array with no initial value`, `reduce of an empty list needs a first value`,
)

// translate says a message by the first rule that knows it; "" if none does.
func translate(list []rule, message string) string {
	for _, r := range list {
		groups := r.match.FindStringSubmatch(message)
		if groups == nil {
			continue
		}
		words := r.words
		for i, group := range groups[1:] {
			words = strings.ReplaceAll(words, fmt.Sprintf("$%d", i+1), oneLine(group))
			words = strings.ReplaceAll(words, fmt.Sprintf("@%d", i+1), kindOfGo(group))
		}
		return words
	}
	return ""
}
