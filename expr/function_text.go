package expr

import (
	"strings"
	"unicode/utf8"
)

func toUpper(m *meter, s string) (any, error) { return m.made(strings.ToUpper(s)) }
func toLower(m *meter, s string) (any, error) { return m.made(strings.ToLower(s)) }

// made counts a text that could be made without harm before it was.
func (m *meter) made(s string) (any, error) {
	if err := m.write(len(s)); err != nil {
		return nil, err
	}
	return s, nil
}

// trim takes characters off both ends: white space if none are given.
func trim(_ *meter, args []any) (any, error) {
	texts, err := texts("trim", args)
	if err != nil {
		return nil, err
	}
	if len(texts) == 1 {
		return strings.TrimSpace(texts[0]), nil
	}
	return strings.Trim(texts[0], texts[1]), nil
}

// affix is a function of a text and of one that it may begin or end with: a
// blank if none is given.
func affix(name string, f func(s, affix string) any) call {
	return func(_ *meter, args []any) (any, error) {
		if len(args) == 1 {
			args = append(args, " ")
		}
		s, affix, err := twoTexts(name, args[0], args[1])
		if err != nil {
			return nil, err
		}
		return f(s, affix), nil
	}
}

func trimPrefix(s, prefix string) any { return strings.TrimPrefix(s, prefix) }
func trimSuffix(s, suffix string) any { return strings.TrimSuffix(s, suffix) }
func hasPrefix(s, prefix string) any  { return strings.HasPrefix(s, prefix) }
func hasSuffix(s, suffix string) any  { return strings.HasSuffix(s, suffix) }
func contains(s, part string) any     { return strings.Contains(s, part) }

// within is an operator on two texts. Null holds nothing and is nowhere.
func within(name string, f func(s, part string) any) func(a, b any) (any, error) {
	return func(a, b any) (any, error) {
		if a == nil || b == nil {
			return false, nil
		}
		s, part, err := twoTexts(name, a, b)
		if err != nil {
			return nil, err
		}
		return f(s, part), nil
	}
}

func split(m *meter, args []any) (any, error) { return cut(m, "split", strings.SplitN, args) }

func splitAfter(m *meter, args []any) (any, error) {
	return cut(m, "splitAfter", strings.SplitAfterN, args)
}

func cut(m *meter, name string, by func(s, sep string, n int) []string, args []any) (any, error) {
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
	pieces := strings.Count(texts[0], texts[1]) + 1
	if n >= 0 {
		pieces = min(pieces, n)
	}
	if err := m.items(2 * pieces); err != nil {
		return nil, err
	}
	parts := by(texts[0], texts[1], n)
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = part
	}
	return list, nil
}

// join writes items as text would be: null is empty.
func join(m *meter, args []any) (any, error) {
	items, err := listArg("join", args)
	if err != nil {
		return nil, err
	}
	glue := ""
	if len(args) == 2 {
		var ok bool
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
	if err := m.spend(len(items)); err != nil {
		return nil, err
	}
	return m.made(b.String())
}

func replace(m *meter, args []any) (any, error) {
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
	if err := m.write(len(texts[0]) + times*max(0, len(texts[2])-len(texts[1]))); err != nil {
		return nil, err
	}
	return strings.Replace(texts[0], texts[1], texts[2], n), m.spend(times)
}

func repeat(m *meter, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, wrong("repeat", "text", args[0])
	}
	n, ok := args[1].(int)
	if !ok || n < 0 {
		return nil, fault("repeat wants an integer from 0 on")
	}
	if len(s) == 0 {
		return "", nil
	}
	if n > maxOutput/len(s) {
		return nil, errOutput
	}
	if err := m.write(n * len(s)); err != nil {
		return nil, err
	}
	return strings.Repeat(s, n), nil
}

// indexOf counts characters, as [:] does.
func indexOf(_ *meter, args []any) (any, error) { return position("indexOf", strings.Index, args) }

func lastIndexOf(_ *meter, args []any) (any, error) {
	return position("lastIndexOf", strings.LastIndex, args)
}

func position(name string, find func(s, sub string) int, args []any) (any, error) {
	s, part, err := twoTexts(name, args[0], args[1])
	if err != nil {
		return nil, err
	}
	i := find(s, part)
	if i < 0 {
		return i, nil
	}
	return utf8.RuneCountInString(s[:i]), nil
}

// digits keeps 0 to 9.
func digits(m *meter, s string) (any, error) {
	return m.made(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s))
}

// maskEmail keeps the first character and the domain of an address, and says
// nothing of how long the rest is.
func maskEmail(m *meter, s string) (any, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "***", nil
	}
	_, size := utf8.DecodeRuneInString(s[:at])
	return m.made(s[:size] + "***" + s[at:])
}

func twoTexts(name string, a, b any) (s, t string, err error) {
	s, sOK := a.(string)
	t, tOK := b.(string)
	switch {
	case !sOK:
		return "", "", wrong(name, "text", a)
	case !tOK:
		return "", "", wrong(name, "text", b)
	}
	return s, t, nil
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
