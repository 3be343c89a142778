package expr

import (
	"cmp"
	"math"
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
func equal(a, b any) (bool, error) { return equalAt(0, a, b) }

func equalAt(depth int, a, b any) (bool, error) {
	if depth > maxDepth {
		return false, fault("what is compared is nested too deeply")
	}
	switch x := a.(type) {
	case nil:
		return b == nil, nil
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
		return equalLists(depth, x, b)
	case map[string]any:
		return equalObjects(depth, x, b)
	}
	return false, mismatch(a, b, "compared")
}

func equalLists(depth int, x []any, b any) (bool, error) {
	y, ok := b.([]any)
	if !ok || len(x) != len(y) {
		return false, nil
	}
	for i := range x {
		if same, err := equalAt(depth+1, x[i], y[i]); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// equalObjects lets a difference win over a failure, in whatever order the
// members come.
func equalObjects(depth int, x map[string]any, b any) (bool, error) {
	y, ok := b.(map[string]any)
	if !ok || len(x) != len(y) {
		return false, nil
	}
	var failed error
	for name, v := range x {
		w, ok := y[name]
		if !ok {
			return false, nil
		}
		same, err := equalAt(depth+1, v, w)
		if err != nil {
			failed = err
		} else if !same {
			return false, nil
		}
	}
	return failed == nil, failed
}

// in looks for an item of a list or a name of an object; null holds nothing.
func in(a, b any) (any, error) {
	switch b := b.(type) {
	case nil:
		return false, nil
	case []any:
		for _, item := range b {
			if same, err := equal(a, item); same || err != nil {
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
	return nil, fault("in looks into a list or an object, not into " + kindOf(b))
}
