package expr

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// maxSpan is how many numbers a..b may make.
const maxSpan = 100_000

// list lets nothing but lists into the functions that go through them.
func list(v, name any) (any, error) {
	if list, ok := v.([]any); ok {
		return list, nil
	}
	return nil, wrong(name.(string), "a list", v)
}

func span(a, b any) (any, error) {
	from, fromOK := a.(int)
	to, toOK := b.(int)
	if !fromOK || !toOK {
		return nil, fault(".. works on integers, not on " + kindOf(a) + " and " + kindOf(b))
	}
	if to < from {
		return []any{}, nil
	}
	if n := uint(to) - uint(from); n >= maxSpan {
		return nil, fault(".. makes more than " + strconv.Itoa(maxSpan) + " numbers")
	}
	list := make([]any, to-from+1)
	for i := range list {
		list[i] = from + i
	}
	return list, nil
}

func first(v any) (any, error) { return fetch(v, 0), nil }
func last(v any) (any, error)  { return fetch(v, -1), nil }

func sum(v any) (any, error) {
	var total any = 0
	for _, item := range v.([]any) {
		var err error
		if total, err = add(total, item); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// groupBy puts items together by their keys: it gets pairs of a key and an item.
func groupBy(pairs any) (any, error) {
	groups := map[string]any{}
	for _, pair := range pairs.([]any) {
		key, item := fetch(pair, 0), fetch(pair, 1)
		switch key.(type) {
		case string, int, bool, nil:
		default:
			return nil, wrong("groupBy", "text, integers, true or false as keys", key)
		}
		name, err := textOf(key)
		if err != nil {
			return nil, err
		}
		group, _ := groups[name].([]any)
		groups[name] = append(group, item)
	}
	return groups, nil
}

func uniq(v any) (any, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, wrong("uniq", "a list", v)
	}
	kept := []any{}
	for _, item := range items {
		known, err := in(item, kept)
		if err != nil {
			return nil, err
		}
		if known == false {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// keys, values and toPairs go by rising key: what comes out must not change
// from one attempt to the next.
func keys(v any) (any, error) {
	return each("keys", v, func(name string, _ any) any { return name })
}

func values(v any) (any, error) {
	return each("values", v, func(_ string, value any) any { return value })
}

func toPairs(v any) (any, error) {
	return each("toPairs", v, func(name string, value any) any { return []any{name, value} })
}

func each(function string, v any, pick func(name string, value any) any) (any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, wrong(function, "an object", v)
	}
	out := make([]any, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, pick(name, m[name]))
	}
	return out, nil
}

func fromPairs(v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, wrong("fromPairs", "a list", v)
	}
	m := make(map[string]any, len(list))
	for _, item := range list {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return nil, fault("fromPairs wants lists of a name and a value")
		}
		name, ok := pair[0].(string)
		if !ok {
			return nil, wrong("fromPairs", "text as a name", pair[0])
		}
		m[name] = pair[1]
	}
	return m, nil
}

// typeName keeps expr-lang's names.
func typeName(v any) (any, error) {
	switch v.(type) {
	case nil:
		return "nil", nil
	case bool:
		return "bool", nil
	case int, outsize:
		return "int", nil
	case float64:
		return "float", nil
	case string:
		return "string", nil
	case []any:
		return "array", nil
	case map[string]any:
		return "map", nil
	case time.Time:
		return "time.Time", nil
	case time.Duration:
		return "time.Duration", nil
	}
	return "unknown", nil
}
