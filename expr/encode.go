package expr

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxOutput is how many bytes a text that an expression makes may have, and what
// it writes.
const maxOutput = 256 << 10

const errOutput = fault("more than 256 KiB comes out")

// appendValue writes a value as compact JSON: keys sorted, nothing escaped that
// need not be.
func appendValue(dst []byte, v any) ([]byte, error) {
	e := encoder{dst: dst, limit: len(dst) + maxOutput}
	if err := e.value(v, 0); err != nil {
		return nil, err
	}
	return e.dst, nil
}

type encoder struct {
	dst   []byte
	limit int
}

func (e *encoder) value(v any, depth int) error {
	if depth > maxDepth {
		return fault("the result is nested too deeply")
	}
	if len(e.dst) > e.limit {
		return errOutput
	}
	switch v := v.(type) {
	case nil:
		e.dst = append(e.dst, "null"...)
	case bool:
		e.dst = strconv.AppendBool(e.dst, v)
	case []any:
		return e.list(v, depth)
	case map[string]any:
		return e.object(v, depth)
	case int, float64, outsize:
		text, err := textOf(v)
		if err != nil {
			return err
		}
		e.dst = append(e.dst, text...)
	default:
		text, err := textOf(v)
		if err != nil {
			return err
		}
		e.dst = appendString(e.dst, text)
	}
	if len(e.dst) > e.limit {
		return errOutput
	}
	return nil
}

func (e *encoder) list(list []any, depth int) error {
	e.dst = append(e.dst, '[')
	for i, v := range list {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		if err := e.value(v, depth+1); err != nil {
			return err
		}
	}
	e.dst = append(e.dst, ']')
	return nil
}

func (e *encoder) object(m map[string]any, depth int) error {
	e.dst = append(e.dst, '{')
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.dst = append(appendString(e.dst, name), ':')
		if err := e.value(m[name], depth+1); err != nil {
			return err
		}
	}
	e.dst = append(e.dst, '}')
	return nil
}

// textOf is a single value as text: null is empty, numbers have their shortest
// exact form, times are RFC 3339.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return strings.ToValidUTF8(v, "\uFFFD"), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case outsize:
		return v.digits, nil
	case float64:
		if _, err := finite(v); err != nil {
			return "", err
		}
		digits, err := json.Marshal(v)
		return string(digits), err
	case time.Time:
		if y := v.Year(); y < 0 || y > 9999 {
			return "", fault("the year of a time is not within 0 to 9999")
		}
		return v.Format(time.RFC3339Nano), nil
	case time.Duration:
		return "", fault("a duration can't be written as it is: say in what, such as .Seconds()")
	}
	return "", fault(kindOf(v) + " can't be written as text")
}

// appendString writes s as a JSON string.
func appendString(dst []byte, s string) []byte {
	return append(appendText(append(dst, '"'), s), '"')
}

// appendText writes s as the inside of a JSON string: valid UTF-8, and only what
// must be is escaped.
func appendText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r) // U+FFFD for a byte that is no UTF-8
			i += size
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}
