package expr

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// number is what + before a value asks for.
func number(v any) (any, error) {
	switch v.(type) {
	case int, float64:
		return v, nil
	case outsize:
		return nil, errOutsize
	}
	return nil, wrong("+", "a number", v)
}

func abs(v any) (any, error) {
	switch v := v.(type) {
	case int:
		if v < 0 {
			return negate(v)
		}
		return v, nil
	case float64:
		return math.Abs(v), nil
	}
	return notNumber("abs", v)
}

func ceil(v any) (any, error)  { return whole("ceil", v, math.Ceil) }
func floor(v any) (any, error) { return whole("floor", v, math.Floor) }
func round(v any) (any, error) { return whole("round", v, math.Round) }

// whole makes an integer of a float where one can hold it, and leaves integers alone.
func whole(name string, v any, by func(float64) float64) (any, error) {
	switch v := v.(type) {
	case int:
		return v, nil
	case float64:
		f := by(v)
		if n, ok := intOf(f); ok {
			return n, nil
		}
		return f, nil
	}
	return notNumber(name, v)
}

// intOf is a float without its fraction, if an int holds it.
func intOf(f float64) (int, bool) {
	if !(f >= math.MinInt && f < math.MaxInt) { // as a float MaxInt is one too many
		return 0, false
	}
	return int(f), true
}

func toInt(v any) (any, error) {
	switch v := v.(type) {
	case int:
		return v, nil
	case float64:
		if n, ok := intOf(v); ok {
			return n, nil
		}
		return nil, errOverflow
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if isRange(err) {
			return nil, errOverflow
		}
		if err != nil {
			return nil, fault("the text is not an integer")
		}
		return n, nil
	}
	return notNumber("int", v)
}

func toNumber(v any) (any, error) {
	switch v := v.(type) {
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil && !isRange(err) || math.IsNaN(f) {
			return nil, fault("the text is not a number")
		}
		return finite(f)
	}
	f, ok, err := toFloat(v)
	if !ok {
		return notNumber("float", v)
	}
	return checked(f, err)
}

func notNumber(name string, v any) (any, error) {
	if _, ok := v.(outsize); ok {
		return nil, errOutsize
	}
	return nil, wrong(name, "a number", v)
}

// largest is for the number that compares as sign says: 1 the largest, -1 the
// smallest. It looks into lists; that of none is null.
func largest(name string, sign int) call {
	return func(m *meter, args []any) (any, error) {
		var best any
		err := m.numbers(name, args, func(n any) error {
			if best == nil {
				best = n
				return nil
			}
			c, err := compareNumbers(n, best)
			if c == sign {
				best = n
			}
			return err
		})
		return best, err
	}
}

// numbers gives every number of the arguments to f, and those in lists.
func (m *meter) numbers(name string, args []any, f func(n any) error) error {
	return m.walk(0, args, func(item any) error {
		switch item.(type) {
		case int, float64:
			return f(item)
		}
		_, err := notNumber(name, item)
		return err
	})
}

// mean is exact as long as the sum is; that of nothing is 0.
func mean(m *meter, args []any) (any, error) {
	var total any = 0
	count := 0
	err := m.numbers("mean", args, func(n any) (err error) {
		count++
		total, err = plus(total, n)
		return err
	})
	if err != nil || count == 0 {
		return 0, err
	}
	return divide(total, count)
}

// median is the number in the middle, or between the two there; that of nothing
// is 0.
func median(m *meter, args []any) (any, error) {
	var list []any
	err := m.numbers("median", args, func(n any) error {
		list = append(list, n)
		return m.keep(16)
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	slices.SortFunc(list, func(a, b any) int {
		c, _ := compareNumbers(a, b) // ints and floats always compare
		return c
	})
	if err := m.spend(len(list)); err != nil {
		return nil, err
	}
	middle := len(list) / 2
	if len(list)%2 == 1 {
		return list[middle], nil
	}
	return mean(m, list[middle-1:middle+1])
}

func bitwise(name string, f func(x, y int) int) call {
	return two(func(a, b any) (any, error) {
		x, xOK := a.(int)
		y, yOK := b.(int)
		if !xOK || !yOK {
			return nil, fault(name + " works on integers, not on " + kindOf(a) + " and " + kindOf(b))
		}
		return f(x, y), nil
	})
}

// shift refuses to shift by less than nothing.
func shift(name string, f func(x int, by uint) int) call {
	bits := bitwise(name, func(x, y int) int { return f(x, uint(y)) })
	return func(m *meter, args []any) (any, error) {
		if by, ok := args[1].(int); ok && by < 0 {
			return nil, fault(name + " wants an integer from 0 on")
		}
		return bits(m, args)
	}
}

func bitnot(v any) (any, error) {
	n, ok := v.(int)
	if !ok {
		return nil, wrong("bitnot", "an integer", v)
	}
	return ^n, nil
}

// fixed writes a number with so many digits behind the point. It rounds the
// number as it is written, halves away from zero: 1.005 to two digits is 1.01.
func fixed(v, places any) (any, error) {
	n, ok := places.(int)
	if !ok || n < 0 || n > 20 {
		return nil, fault("fixed wants 0 to 20 digits behind the point")
	}
	var written string
	switch v := v.(type) {
	case int:
		written = strconv.Itoa(v)
	case float64:
		written = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return notNumber("fixed", v)
	}
	exact, ok := new(big.Rat).SetString(written)
	if !ok {
		return nil, errOverflow
	}
	out := exact.FloatString(n)
	if strings.Trim(out, "-0.") == "" {
		out = strings.TrimPrefix(out, "-")
	}
	return out, nil
}
