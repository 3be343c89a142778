package expr

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// compare orders two values of one kind.
func compare(a, b any) (int, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y), nil
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), nil
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return cmp.Compare(x, y), nil
		}
	case int, float64, outsize:
		if isNumber(b) {
			return compareNumbers(a, b)
		}
	}
	return 0, mismatch(a, b, "compared")
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, float64, outsize:
		return true
	}
	return false
}

// compareNumbers is exact, also between integers and floats.
func compareNumbers(a, b any) (int, error) {
	switch x := a.(type) {
	case int:
		switch y := b.(type) {
		case int:
			return cmp.Compare(x, y), nil
		case float64:
			return compareMixed(x, y), nil
		}
	case float64:
		switch y := b.(type) {
		case int:
			return -compareMixed(y, x), nil
		case float64:
			return cmp.Compare(x, y), nil
		}
	}
	return 0, errOutsize
}

func compareMixed(n int, f float64) int {
	switch {
	case f >= math.MaxInt:
		return -1
	case f < math.MinInt:
		return 1
	}
	whole := math.Trunc(f)
	return cmp.Or(cmp.Compare(n, int(whole)), cmp.Compare(whole, f))
}

// equal compares by value; values of different kinds differ.
func (m *meter) equal(a, b any) (bool, error) { return m.equalAt(0, a, b) }

func (m *meter) equalAt(depth int, a, b any) (bool, error) {
	if depth > maxDepth {
		return false, fault("what is compared is nested too deeply")
	}
	if a == nil || b == nil {
		return a == b, nil
	}
	switch x := a.(type) {
	case bool:
		y, ok := b.(bool)
		return ok && x == y, nil
	case string:
		y, ok := b.(string)
		return ok && x == y, nil
	case int, float64, outsize:
		if !isNumber(b) {
			return false, nil
		}
		c, err := compareNumbers(a, b)
		return c == 0, err
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y), nil
	case time.Duration:
		y, ok := b.(time.Duration)
		return ok && x == y, nil
	case []any:
		return m.equalLists(depth, x, b)
	case map[string]any:
		return m.equalObjects(depth, x, b)
	}
	return false, mismatch(a, b, "compared")
}

// equalInside compares items and members, which cost a step each.
func (m *meter) equalInside(depth int, a, b any) (bool, error) {
	steps := 1
	if text, ok := a.(string); ok {
		steps += len(text) >> 8
	}
	if err := m.spend(steps); err != nil {
		return false, err
	}
	return m.equalAt(depth+1, a, b)
}

func (m *meter) equalLists(depth int, x []any, b any) (bool, error) {
	y, ok := b.([]any)
	if !ok || len(x) != len(y) {
		return false, nil
	}
	for i := range x {
		if same, err := m.equalInside(depth, x[i], y[i]); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// equalObjects goes by rising name, so that the same event always costs the same;
// it lets a difference win over a failure.
func (m *meter) equalObjects(depth int, x map[string]any, b any) (bool, error) {
	y, ok := b.(map[string]any)
	if !ok || len(x) != len(y) {
		return false, nil
	}
	var failed error
	for _, name := range slices.Sorted(maps.Keys(x)) {
		w, ok := y[name]
		if !ok {
			return false, nil
		}
		same, err := m.equalInside(depth, x[name], w)
		if m.failed != nil {
			return false, m.failed
		}
		if err != nil {
			failed = err
		} else if !same {
			return false, nil
		}
	}
	return failed == nil, failed
}

// in looks for an item of a list or a name of an object; null holds nothing.
func (m *meter) in(a, b any) (bool, error) {
	switch b := b.(type) {
	case nil:
		return false, nil
	case []any:
		for _, item := range b {
			if same, err := m.equalInside(0, a, item); same || err != nil {
				return same, err
			}
		}
		return false, nil
	case map[string]any:
		name, ok := a.(string)
		if !ok {
			return false, nil
		}
		_, ok = b[name]
		return ok, nil
	}
	return false, fault("in looks into a list or an object, not into " + kindOf(b))
}
