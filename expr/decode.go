package expr

import (
	"math"
	"strconv"
	"strings"
)

// maxDepth is how deep values may be nested; the door lets 64 in.
const maxDepth = 256

// decode makes values of JSON: nil, bool, int, float64, outsize, string, []any
// and map[string]any. A wrong text is an error or some value, never a panic.
func decode(b []byte) (any, error) {
	d := decoder{b: b}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if d.next(); d.i != len(b) {
		return nil, errBroken
	}
	return v, nil
}

type decoder struct {
	b []byte
	i int
}

// next is the next byte that is no white space, 0 at the end.
func (d *decoder) next() byte {
	if d.i = skipSpace(d.b, d.i); d.i < len(d.b) {
		return d.b[d.i]
	}
	return 0
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fault("the data is nested too deeply")
	}
	switch d.next() {
	case '{':
		return d.object(depth)
	case '[':
		return d.list(depth)
	case '"':
		return d.text()
	default:
		return d.scalar()
	}
}

func (d *decoder) object(depth int) (any, error) {
	m := map[string]any{}
	d.i++
	for d.next() == '"' {
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		if d.next() != ':' {
			return nil, errBroken
		}
		d.i++
		if m[name], err = d.value(depth + 1); err != nil {
			return nil, err
		}
		if d.next() == ',' {
			d.i++
		}
	}
	return m, d.close('}')
}

func (d *decoder) list(depth int) (any, error) {
	list := []any{}
	d.i++
	for c := d.next(); c != ']' && c != 0; c = d.next() {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if d.next() == ',' {
			d.i++
		}
	}
	return list, d.close(']')
}

func (d *decoder) close(c byte) error {
	if d.next() != c {
		return errBroken
	}
	d.i++
	return nil
}

func (d *decoder) text() (string, error) {
	end := skipString(d.b, d.i)
	if end < 0 {
		return "", errBroken
	}
	quoted := d.b[d.i:end]
	d.i = end
	return unquote(quoted)
}

func (d *decoder) scalar() (any, error) {
	end := skipScalar(d.b, d.i)
	raw := d.b[d.i:end]
	d.i = end
	switch string(raw) {
	case "null":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return parseNumber(string(raw))
}

// An outsize is a number that neither int nor float64 holds, in its received
// digits: it can be passed on, but not computed with.
type outsize struct{ digits string }

// parseNumber makes an int of what is written as an integer, else a float64.
func parseNumber(raw string) (any, error) {
	if !strings.ContainsAny(raw, ".eE") {
		n, err := strconv.Atoi(raw)
		if err == nil {
			return n, nil
		}
		if isRange(err) {
			return outsize{raw}, nil
		}
		return nil, errBroken
	}
	f, err := strconv.ParseFloat(raw, 64)
	if isRange(err) || math.IsInf(f, 0) {
		return outsize{raw}, nil
	}
	if err != nil {
		return nil, errBroken
	}
	return f, nil
}
