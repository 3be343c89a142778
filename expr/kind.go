package expr

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A fault is why an operation failed, in the user's words: kinds, but no values.
type fault string

func (f fault) Error() string { return string(f) }

// mismatch is the fault of an operation on kinds that don't go together.
func mismatch(a, b any, done string) error {
	advice := ""
	if a == nil || b == nil {
		advice = " (?? gives a value in place of null)"
	}
	return fault(fmt.Sprintf("%s and %s can't be %s%s", kindOf(a), kindOf(b), done, advice))
}

// wrong is the fault of an operation that wants another kind.
func wrong(operation, wants string, got any) error {
	return fault(fmt.Sprintf("%s wants %s, not %s", operation, wants, kindOf(got)))
}

// kindOf is what a value is, in the user's words.
func kindOf(v any) string { return kindOfType(reflect.TypeOf(v)) }

func kindOfType(t reflect.Type) string {
	if t == nil {
		return "null"
	}
	if name, ok := kinds[t.String()]; ok {
		return name
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "an object"
	case reflect.Func:
		return "a function"
	case reflect.Int, reflect.Int64, reflect.Uint8:
		return "a number"
	}
	return "another kind of value"
}

// kinds are the kinds by the names that Go, and so expr-lang, has for them.
var kinds = map[string]string{
	reflect.TypeFor[bool]().String():           "true or false",
	reflect.TypeFor[int]().String():            "a number",
	reflect.TypeFor[float64]().String():        "a number",
	reflect.TypeFor[outsize]().String():        "a number",
	reflect.TypeFor[string]().String():         "text",
	reflect.TypeFor[[]any]().String():          "a list",
	reflect.TypeFor[map[string]any]().String(): "an object",
	reflect.TypeFor[time.Time]().String():      "a time",
	reflect.TypeFor[time.Duration]().String():  "a duration",
	reflect.TypeFor[time.Month]().String():     "a number",
	reflect.TypeFor[time.Weekday]().String():   "a number",
	reflect.TypeFor[*time.Location]().String(): "a time zone",
	reflect.TypeFor[any]().String():            "some value",
	"nil":                                      "null",
	"<nil>":                                    "null",
	"unknown":                                  "some value",
}

// kindOfGo is kindOf for the name of a Go type in expr-lang's messages.
func kindOfGo(name string) string {
	name = strings.TrimSpace(name)
	if kind, ok := kinds[name]; ok {
		return kind
	}
	switch {
	case strings.HasPrefix(name, "["):
		return "a list"
	case strings.HasPrefix(name, "map["):
		return "an object"
	case strings.HasPrefix(name, "func("):
		return "a function"
	}
	return "another kind of value"
}
