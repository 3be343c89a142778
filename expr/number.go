package expr

import (
	"cmp"
	"errors"
	"math"
	"strconv"
	"time"
)

const (
	errOverflow = fault("the result is too large a number")
	errOutsize  = fault("the event has a number here that is too large to compute with")
	errInexact  = fault("an integer this large loses digits in a computation with fractions")
	errZero     = fault("division by zero")
)

// maxExact is the largest integer up to which floats hold every one.
const maxExact = 1 << 53

func isRange(err error) bool { return errors.Is(err, strconv.ErrRange) }

// finite refuses what JSON can't hold.
func finite(f float64) (any, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, errOverflow
	}
	return f, nil
}

// toFloat refuses to lose digits.
func toFloat(v any) (f float64, number bool, err error) {
	switch v := v.(type) {
	case float64:
		return v, true, nil
	case int:
		if v > maxExact || v < -maxExact {
			return 0, true, errInexact
		}
		return float64(v), true, nil
	case outsize:
		return 0, true, errOutsize
	}
	return 0, false, nil
}

// compute works on two ints if both are, else on two floats. done is what was
// done to them, for the error.
func compute(a, b any, done string, ints func(x, y int) (int, error), floats func(x, y float64) float64) (any, error) {
	x, xInt := a.(int)
	y, yInt := b.(int)
	if ints != nil && xInt && yInt {
		return checked(ints(x, y))
	}
	f, fOK, fErr := toFloat(a)
	g, gOK, gErr := toFloat(b)
	if !fOK || !gOK {
		return nil, mismatch(a, b, done)
	}
	if err := cmp.Or(fErr, gErr); err != nil {
		return nil, err
	}
	return finite(floats(f, g))
}

// checked makes a plain nil of a failed result.
func checked[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func add(m *meter, args []any) (any, error) {
	if x, ok := args[0].(string); ok {
		if y, ok := args[1].(string); ok {
			if err := m.write(len(x) + len(y)); err != nil {
				return nil, err
			}
			return x + y, nil
		}
	}
	return plus(args[0], args[1])
}

// plus adds what does not grow.
func plus(a, b any) (any, error) {
	switch x := a.(type) {
	case time.Time:
		if y, ok := b.(time.Duration); ok {
			return x.Add(y), nil
		}
	case time.Duration:
		switch y := b.(type) {
		case time.Time:
			return y.Add(x), nil
		case time.Duration:
			return checked(addInts(x, y))
		}
	}
	return compute(a, b, "added", addInts[int], func(x, y float64) float64 { return x + y })
}

func subtract(a, b any) (any, error) {
	switch x := a.(type) {
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			return checked(between(x, y))
		case time.Duration:
			back, err := subtractInts(0, y)
			return checked(x.Add(back), err)
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return checked(subtractInts(x, y))
		}
	}
	return compute(a, b, "subtracted", subtractInts[int], func(x, y float64) float64 { return x - y })
}

// between refuses what a duration can't hold: package time would say 292 years.
func between(x, y time.Time) (time.Duration, error) {
	d := x.Sub(y)
	if !y.Add(d).Equal(x) {
		return 0, fault("these times are more than 292 years apart")
	}
	return d, nil
}

func multiply(a, b any) (any, error) {
	if _, ok := a.(time.Duration); ok {
		a, b = b, a
	}
	if d, ok := b.(time.Duration); ok {
		if n, ok := a.(int); ok {
			return checked(multiplyInts(time.Duration(n), d))
		}
	}
	return compute(a, b, "multiplied", multiplyInts[int], func(x, y float64) float64 { return x * y })
}

func divide(a, b any) (any, error) {
	if b == 0 || b == 0.0 {
		return nil, errZero
	}
	return compute(a, b, "divided", nil, func(x, y float64) float64 { return x / y })
}

func modulo(a, b any) (any, error) {
	x, xInt := a.(int)
	y, yInt := b.(int)
	switch {
	case !xInt || !yInt:
		return nil, fault("% works on integers, not on " + kindOf(a) + " and " + kindOf(b))
	case y == 0:
		return nil, errZero
	}
	return x % y, nil
}

func power(a, b any) (any, error) {
	ints := powerInts
	if y, ok := b.(int); !ok || y < 0 {
		ints = nil
	}
	return compute(a, b, "raised to a power", ints, math.Pow)
}

func negate(a any) (any, error) {
	switch x := a.(type) {
	case time.Duration:
		return checked(subtractInts(0, x))
	case int, float64, outsize:
		return subtract(0, a)
	}
	return nil, fault("- works on numbers, not on " + kindOf(a))
}

func addInts[T int | time.Duration](x, y T) (T, error) {
	if n := x + y; (n > x) == (y > 0) {
		return n, nil
	}
	return 0, errOverflow
}

func subtractInts[T int | time.Duration](x, y T) (T, error) {
	if n := x - y; (n < x) == (y > 0) {
		return n, nil
	}
	return 0, errOverflow
}

func multiplyInts[T int | time.Duration](x, y T) (T, error) {
	if x == 0 || y == 0 {
		return 0, nil
	}
	n := x * y
	if n/y != x || (y == -1 && x == -x) { // the least integer has no opposite
		return 0, errOverflow
	}
	return n, nil
}

func powerInts(x, y int) (int, error) {
	result := 1
	for y > 0 {
		var err error
		if y&1 == 1 {
			if result, err = multiplyInts(result, x); err != nil {
				return 0, err
			}
		}
		if y >>= 1; y > 0 {
			if x, err = multiplyInts(x, x); err != nil {
				return 0, err
			}
		}
	}
	return result, nil
}
