package expr

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

func split(args ...any) (any, error) { return cut("split", strings.SplitN, args) }

func splitAfter(args ...any) (any, error) { return cut("splitAfter", strings.SplitAfterN, args) }

func cut(name string, by func(s, sep string, n int) []string, args []any) (any, error) {
	texts, err := texts(name, args[:2])
	if err != nil {
		return nil, err
	}
	n := -1
	if len(args) == 3 {
		var ok bool
		if n, ok = args[2].(int); !ok {
			return nil, wrong(name, "an integer", args[2])
		}
	}
	parts := by(texts[0], texts[1], n)
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = part
	}
	return list, nil
}

// join writes items as text would be: null is empty.
func join(args ...any) (any, error) {
	items, ok := args[0].([]any)
	if !ok {
		return nil, wrong("join", "a list", args[0])
	}
	glue := ""
	if len(args) == 2 {
		if glue, ok = args[1].(string); !ok {
			return nil, wrong("join", "text", args[1])
		}
	}
	var b strings.Builder
	for i, item := range items {
		text, err := textOf(item)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(glue)
		}
		if b.WriteString(text); b.Len() > maxOutput {
			return nil, errOutput
		}
	}
	return b.String(), nil
}

func replace(args ...any) (any, error) {
	texts, err := texts("replace", args[:3])
	if err != nil {
		return nil, err
	}
	n := -1
	if len(args) == 4 {
		var ok bool
		if n, ok = args[3].(int); !ok {
			return nil, wrong("replace", "an integer", args[3])
		}
	}
	times := strings.Count(texts[0], texts[1])
	if n >= 0 {
		times = min(times, n)
	}
	if len(texts[0])+times*max(0, len(texts[2])-len(texts[1])) > maxOutput {
		return nil, errOutput
	}
	return strings.Replace(texts[0], texts[1], texts[2], n), nil
}

func repeat(a, b any) (any, error) {
	s, ok := a.(string)
	if !ok {
		return nil, wrong("repeat", "text", a)
	}
	n, ok := b.(int)
	if !ok || n < 0 {
		return nil, fault("repeat wants an integer from 0 on")
	}
	if len(s) > 0 && n > maxOutput/len(s) {
		return nil, errOutput
	}
	if len(s) == 0 {
		return "", nil
	}
	return strings.Repeat(s, n), nil
}

// indexOf counts characters, as [:] does.
func indexOf(a, b any) (any, error) { return position("indexOf", strings.Index, a, b) }

func lastIndexOf(a, b any) (any, error) { return position("lastIndexOf", strings.LastIndex, a, b) }

func position(name string, find func(s, sub string) int, a, b any) (any, error) {
	texts, err := texts(name, []any{a, b})
	if err != nil {
		return nil, err
	}
	i := find(texts[0], texts[1])
	if i < 0 {
		return i, nil
	}
	return utf8.RuneCountInString(texts[0][:i]), nil
}

// matches is for patterns that are worked out; a literal one is compiled with
// the expression.
func matches(a, b any) (any, error) {
	if a == nil || b == nil {
		return false, nil
	}
	texts, err := texts("matches", []any{a, b})
	if err != nil {
		return nil, err
	}
	if len(texts[1]) > 1024 {
		return nil, fault("the pattern has more than 1 KiB")
	}
	pattern, err := regexp.Compile(texts[1])
	if err != nil {
		return nil, fault("the pattern is not a valid one")
	}
	return pattern.MatchString(texts[0]), nil
}

// toText writes single values as text, others as JSON.
func toText(v any) (any, error) {
	switch v.(type) {
	case []any, map[string]any:
		return toJSON(v)
	}
	return checked(textOf(v))
}

func toJSON(v any) (any, error) {
	b, err := appendValue(nil, v)
	if err != nil {
		return nil, err
	}
	return string(b), nil
}

func fromJSON(v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, wrong("fromJSON", "text", v)
	}
	if !json.Valid([]byte(s)) {
		return nil, fault("the text is not valid JSON")
	}
	return decode([]byte(s))
}

func fromBase64(v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, wrong("fromBase64", "text", v)
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fault("the text is not valid base64")
	}
	if !utf8.Valid(b) {
		return nil, fault("what the base64 holds is not text in UTF-8")
	}
	return string(b), nil
}

func texts(name string, args []any) ([]string, error) {
	list := make([]string, len(args))
	for i, arg := range args {
		s, ok := arg.(string)
		if !ok {
			return nil, wrong(name, "text", arg)
		}
		list[i] = s
	}
	return list, nil
}
