package expr

import (
	"math"
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
