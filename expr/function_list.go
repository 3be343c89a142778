package expr

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// list lets nothing but lists into the functions that go through them.
func list(v, name any) (any, error) {
	if list, ok := v.([]any); ok {
		return list, nil
	}
	return nil, wrong(name.(string), "a list", v)
}

// listArg is the list that a function wants first.
func listArg(name string, args []any) ([]any, error) {
	list, ok := args[0].([]any)
	if !ok {
		return nil, wrong(name, "a list", args[0])
	}
	return list, nil
}

func span(m *meter, args []any) (any, error) {
	from, fromOK := args[0].(int)
	to, toOK := args[1].(int)
	if !fromOK || !toOK {
		return nil, fault(".. works on integers, not on " + kindOf(args[0]) + " and " + kindOf(args[1]))
	}
	if to < from {
		return []any{}, nil
	}
	n := uint(to) - uint(from)
	if n >= maxItems {
		return nil, fault(".. makes more than " + strconv.Itoa(maxItems) + " numbers")
	}
	if err := m.items(int(n) + 1); err != nil {
		return nil, err
	}
	list := make([]any, n+1)
	for i := range list {
		list[i] = from + i
	}
	return list, nil
}

func first(v any) (any, error) { return fetch(v, 0), nil }
func last(v any) (any, error)  { return fetch(v, -1), nil }

// length counts characters, items or members.
func length(_ *meter, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return utf8.RuneCountInString(v), nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	}
	return nil, fault("len does not work on " + kindOf(args[0]))
}

func take(_ *meter, args []any) (any, error) {
	list, err := listArg("take", args)
	if err != nil {
		return nil, err
	}
	n, ok := args[1].(int)
	if !ok || n < 0 {
		return nil, fault("take wants an integer from 0 on")
	}
	n = min(n, len(list))
	return list[:n:n], nil
}

func reverse(m *meter, args []any) (any, error) {
	list, err := listArg("reverse", args)
	if err != nil {
		return nil, err
	}
	if err := m.items(len(list)); err != nil {
		return nil, err
	}
	out := slices.Clone(list)
	slices.Reverse(out)
	return out, nil
}

func concat(m *meter, args []any) (any, error) {
	n := 0
	for _, arg := range args {
		list, ok := arg.([]any)
		if !ok {
			return nil, wrong("concat", "a list", arg)
		}
		n += len(list)
	}
	if err := m.items(n); err != nil {
		return nil, err
	}
	out := make([]any, 0, n)
	for _, arg := range args {
		out = append(out, arg.([]any)...)
	}
	return out, nil
}

// flatten opens the lists within a list, and those within them.
func flatten(m *meter, args []any) (any, error) {
	list, err := listArg("flatten", args)
	if err != nil {
		return nil, err
	}
	out := []any{}
	err = m.walk(0, list, func(item any) error {
		if len(out) == maxItems {
			return m.items(maxItems + 1)
		}
		out = append(out, item)
		return m.keep(16)
	})
	return out, err
}

// walk gives every item of a list to f, and those of the lists within it.
func (m *meter) walk(depth int, list []any, f func(item any) error) error {
	if depth > maxDepth {
		return fault("the list is nested too deeply")
	}
	for _, item := range list {
		err := m.spend(1)
		if inner, ok := item.([]any); ok && err == nil {
			err = m.walk(depth+1, inner, f)
		} else if err == nil {
			err = f(item)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// count counts what is true.
func count(m *meter, args []any) (any, error) {
	list, err := listArg("count", args)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, item := range list {
		yes, ok := item.(bool)
		if !ok {
			return nil, wrong("count of a list", "true or false", item)
		}
		if yes {
			n++
		}
	}
	return n, m.spend(len(list))
}

func sum(m *meter, args []any) (any, error) {
	items := args[0].([]any)
	var total any = 0
	for _, item := range items {
		var err error
		if total, err = plus(total, item); err != nil {
			return nil, err
		}
	}
	return total, m.spend(len(items))
}

func sorted(m *meter, args []any) (any, error) {
	list, err := listArg("sort", args)
	if err != nil {
		return nil, err
	}
	return arrange(m, "sort", list, args[1:], func(item any) (any, any) { return item, item })
}

// sortBy gets pairs of what an item goes by, and the item.
func sortBy(m *meter, args []any) (any, error) {
	return arrange(m, "sortBy", args[0].([]any), args[1:], func(pair any) (any, any) { return fetch(pair, 0), fetch(pair, 1) })
}

// arrange sorts by what split makes of an item. Equal ones keep their order.
func arrange(m *meter, name string, list, order []any, split func(any) (by, item any)) (any, error) {
	sign := 1
	if len(order) > 0 {
		switch order[0] {
		case "asc":
		case "desc":
			sign = -1
		default:
			return nil, fault(name + ` wants "asc" or "desc" as the order`)
		}
	}
	if err := m.items(len(list)); err != nil {
		return nil, err
	}
	out := slices.Clone(list)
	var failed error
	slices.SortStableFunc(out, func(a, b any) int {
		if failed != nil {
			return 0
		}
		x, _ := split(a)
		y, _ := split(b)
		c, err := compare(x, y)
		failed = cmp.Or(err, m.spend(1))
		return sign * c
	})
	if failed != nil {
		return nil, failed
	}
	for i := range out {
		_, out[i] = split(out[i])
	}
	return out, nil
}

// groupBy puts items together by their keys: it gets pairs of a key and an item.
func groupBy(m *meter, args []any) (any, error) {
	groups := map[string]any{}
	for _, pair := range args[0].([]any) {
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
		if err := m.keep(16 + len(name)); err != nil {
			return nil, err
		}
		group, _ := groups[name].([]any)
		groups[name] = append(group, item)
	}
	return groups, nil
}

func uniq(m *meter, args []any) (any, error) {
	items, err := listArg("uniq", args)
	if err != nil {
		return nil, err
	}
	kept := []any{}
	for _, item := range items {
		known, err := m.in(item, kept)
		if err != nil {
			return nil, err
		}
		if !known {
			kept = append(kept, item)
		}
	}
	return kept, m.items(len(kept))
}

// keys, values and toPairs go by rising key: what comes out must not change
// from one attempt to the next.
func keys(m *meter, args []any) (any, error) {
	return each(m, "keys", args[0], func(name string, _ any) any { return name })
}

func values(m *meter, args []any) (any, error) {
	return each(m, "values", args[0], func(_ string, value any) any { return value })
}

func toPairs(m *meter, args []any) (any, error) {
	return each(m, "toPairs", args[0], func(name string, value any) any { return []any{name, value} })
}

func each(m *meter, function string, v any, pick func(name string, value any) any) (any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, wrong(function, "an object", v)
	}
	if err := m.items(2 * len(object)); err != nil {
		return nil, err
	}
	out := make([]any, 0, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		out = append(out, pick(name, object[name]))
	}
	return out, nil
}

func fromPairs(m *meter, args []any) (any, error) {
	list, err := listArg("fromPairs", args)
	if err != nil {
		return nil, err
	}
	if err := m.items(2 * len(list)); err != nil {
		return nil, err
	}
	object := make(map[string]any, len(list))
	for _, item := range list {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return nil, fault("fromPairs wants lists of a name and a value")
		}
		name, ok := pair[0].(string)
		if !ok {
			return nil, wrong("fromPairs", "text as a name", pair[0])
		}
		object[name] = pair[1]
	}
	return object, nil
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
