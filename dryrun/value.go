package dryrun

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// A value is JSON with the order of its members.
type value struct {
	raw    []byte // compact
	fields []field
	items  []value
}

type field struct {
	name  string
	value value
}

// decode reads one JSON text.
func decode(text []byte) (value, error) {
	var whole bytes.Buffer
	if err := json.Compact(&whole, text); err != nil {
		return value{}, err
	}
	dec := json.NewDecoder(bytes.NewReader(whole.Bytes()))
	dec.UseNumber()
	return next(dec, whole.Bytes())
}

func next(dec *json.Decoder, whole []byte) (v value, err error) {
	start := int(dec.InputOffset())
	for start < len(whole) && (whole[start] == ',' || whole[start] == ':') {
		start++
	}
	token, err := dec.Token()
	if err != nil {
		return v, err
	}
	switch token {
	case json.Delim('{'):
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return v, err
			}
			inner, err := next(dec, whole)
			if err != nil {
				return v, err
			}
			v.fields = append(v.fields, field{name.(string), inner})
		}
		_, err = dec.Token()
	case json.Delim('['):
		for dec.More() {
			item, err := next(dec, whole)
			if err != nil {
				return v, err
			}
			v.items = append(v.items, item)
		}
		_, err = dec.Token()
	}
	v.raw = whole[start:dec.InputOffset()]
	return v, err
}

func (v value) isObject() bool { return v.raw[0] == '{' }
func (v value) isList() bool   { return v.raw[0] == '[' }
func (v value) isText() bool   { return v.raw[0] == '"' }
func (v value) isNull() bool   { return v.raw[0] == 'n' }
func (v value) isNumber() bool { return numeric(v.raw) }

func numeric(raw []byte) bool { return raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9' }

// kind names what sort of value JSON is.
func kind(raw []byte) string {
	switch {
	case raw[0] == '{':
		return "an object"
	case raw[0] == '[':
		return "a list"
	case raw[0] == '"':
		return "text"
	case raw[0] == 'n':
		return "null"
	case numeric(raw):
		return "a number"
	}
	return "true or false"
}

// member is nil where there is none.
func (v value) member(name string) *value {
	for i := range v.fields {
		if v.fields[i].name == name {
			return &v.fields[i].value
		}
	}
	return nil
}

// text is what a JSON string holds, else the JSON.
func (v value) text() string {
	var s string
	if v.isText() && json.Unmarshal(v.raw, &s) == nil {
		return s
	}
	return string(v.raw)
}

// quoted is text as a JSON string, nothing escaped that need not be.
func quoted(text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string can't fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// sameNumber compares two numbers as written, exactly: 1.50 is 1.5, and 1e2 is
// 100.
func sameNumber(a, b string) bool { return decimal(a) == decimal(b) }

// decimal is a number in one way of writing it: sign, digits without zeros at
// either end, and the power of ten of the last.
func decimal(number string) string {
	digits, negative := strings.CutPrefix(number, "-")
	digits, exponent, _ := strings.Cut(strings.ToLower(digits), "e")
	power, err := strconv.Atoi(cmp.Or(exponent, "0"))
	if err != nil {
		return number
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	power -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return "0"
	}
	power += len(digits) - len(short)
	sign := ""
	if negative {
		sign = "-"
	}
	return sign + short + "e" + strconv.Itoa(power)
}
