package expr

import (
	"reflect"
	"slices"
	"time"
	"unicode/utf8"
)

// fetch is a member of an object or an item of a list. Whatever has none yields
// null, so that a path may lead anywhere.
func fetch(from, key any) any {
	switch from := from.(type) {
	case map[string]any:
		if name, ok := key.(string); ok {
			return from[name]
		}
	case []any:
		i, ok := key.(int)
		if i < 0 {
			i += len(from)
		}
		if ok && i >= 0 && i < len(from) {
			return from[i]
		}
	}
	return nil
}

// slice is a part of a list, or of a text by characters. Bounds below zero count
// from the end; what lies outside is cut off.
func slice(_ *meter, args []any) (any, error) {
	v, from, to := args[0], args[1], args[2]
	var length int
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		length = utf8.RuneCountInString(v)
	case []any:
		length = len(v)
	default:
		return nil, wrong("[:]", "text or a list", v)
	}
	a, err := bound(from, 0, length)
	if err != nil {
		return nil, err
	}
	b, err := bound(to, length, length)
	if err != nil {
		return nil, err
	}
	a = min(a, b)
	if list, ok := v.([]any); ok {
		return list[a:b:b], nil
	}
	text := v.(string)
	start := runeOffset(text, a)
	return text[start : start+runeOffset(text[start:], b-a)], nil
}

func bound(v any, missing, length int) (int, error) {
	if v == nil {
		return missing, nil
	}
	n, ok := v.(int)
	if !ok {
		return 0, wrong("[:]", "integers", v)
	}
	if n < 0 {
		n += length
	}
	return max(0, min(n, length)), nil
}

// runeOffset is the byte offset of the nth character.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	zoneType     = reflect.TypeFor[*time.Location]()
)

// methods are what may be called on a value. What would reach the machine's own
// time zone (Local) is not among them.
var methods = map[reflect.Type][]string{
	timeType: {
		"Year", "Month", "Day", "Hour", "Minute", "Second", "Nanosecond", "Weekday", "YearDay",
		"Unix", "UnixMilli", "UnixMicro", "UnixNano",
		"Add", "AddDate", "Sub", "Truncate", "Round", "UTC", "In",
		"Before", "After", "Equal", "Compare", "IsZero", "Format", "String",
	},
	durationType: {
		"Hours", "Minutes", "Seconds", "Milliseconds", "Microseconds", "Nanoseconds",
		"Abs", "Round", "Truncate", "String",
	},
}

func isMethod(name string) bool {
	for _, names := range methods {
		if slices.Contains(names, name) {
			return true
		}
	}
	return false
}

// method calls a method; one of null is null, as a member would be.
func method(m *meter, v any, name string, args []any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if !slices.Contains(methods[reflect.TypeOf(v)], name) {
		return nil, fault(kindOf(v) + " has no method " + name)
	}
	f := reflect.ValueOf(v).MethodByName(name)
	t := f.Type()
	if len(args) != t.NumIn() {
		return nil, fault(name + " takes another number of arguments")
	}
	values := make([]reflect.Value, len(args))
	for i, arg := range args {
		values[i] = reflect.ValueOf(arg)
		if arg == nil || !values[i].Type().AssignableTo(t.In(i)) {
			return nil, wrong(name, kindOfType(t.In(i)), arg)
		}
	}
	out := plain(f.Call(values)[0].Interface())
	if text, ok := out.(string); ok {
		return m.made(text)
	}
	return out, nil
}

// plain makes one of our own kinds of what a method returns.
func plain(v any) any {
	switch v := v.(type) {
	case int64:
		return int(v)
	case time.Month:
		return int(v)
	case time.Weekday:
		return int(v)
	}
	return v
}
