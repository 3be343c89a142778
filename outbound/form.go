package outbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

const deepestForm = 256 // levels of nesting

// encodeForm writes a JSON object as a form, in the order of its fields:
//
//	{"a": 1, "b": {"c": "x y"}, "d": [true]}  →  a=1&b%5Bc%5D=x+y&d%5B0%5D=true
//
// Numbers keep their own digits. Null, {} and [] are left out; "" is kept. An
// item of a list keeps its index when a null before it is left out. Holes are
// carried over to where they come to stand.
func encodeForm(payload []byte, holes []expr.Hole, style FormStyle) ([]byte, []event.Hole, error) {
	if style.Field != "" {
		out, moved := encodeField(payload, holes, style.Field)
		return out, moved, nil
	}
	f := &form{json: payload, in: holes, lists: style.Lists, dec: json.NewDecoder(bytes.NewReader(payload))}
	f.dec.UseNumber()
	if err := f.value("", 0); err != nil {
		return nil, nil, err
	}
	return f.out, f.holes, nil
}

// encodeField writes the whole as JSON in one field.
func encodeField(payload []byte, holes []expr.Hole, name string) ([]byte, []event.Hole) {
	out := append([]byte(url.QueryEscape(name)), '=')
	var moved []event.Hole
	last := 0
	for _, h := range holes {
		out = append(out, url.QueryEscape(string(payload[last:h.Offset]))...)
		moved = append(moved, event.Hole{Offset: len(out), Secret: h.Secret, Escape: event.JSONInForm})
		last = h.Offset
	}
	return append(out, url.QueryEscape(string(payload[last:]))...), moved
}

// A form is one encoding under way.
type form struct {
	json  []byte
	in    []expr.Hole // those still to come, by offset in json
	lists ListStyle
	dec   *json.Decoder

	out   []byte
	holes []event.Hole
}

// value writes the next value under key; the empty key is the whole payload.
func (f *form) value(key string, depth int) error {
	if depth > deepestForm {
		return fmt.Errorf("form: nested more than %d deep", deepestForm)
	}
	before := f.dec.InputOffset()
	token, err := f.dec.Token()
	if err != nil {
		return fmt.Errorf("form: %w", err)
	}
	switch token {
	case nil:
		return nil
	case json.Delim('{'):
		return f.object(key, depth)
	case json.Delim('['):
		return f.list(key, depth)
	}
	if key == "" {
		return errors.New("form: the payload is not an object")
	}
	f.begin(key)
	f.scalar(token, before)
	return nil
}

func (f *form) object(key string, depth int) error {
	for f.dec.More() {
		token, err := f.dec.Token()
		if err != nil {
			return fmt.Errorf("form: %w", err)
		}
		name := token.(string)
		if depth > 0 {
			name = key + "[" + name + "]"
		} else if name == "" {
			return errors.New(`form: a field with the name "" can't be written`)
		}
		if err := f.value(name, depth+1); err != nil {
			return err
		}
	}
	return f.end()
}

func (f *form) list(key string, depth int) error {
	if depth == 0 {
		return errors.New("form: the payload is not an object")
	}
	if f.lists == Comma {
		return f.joined(key)
	}
	for i := 0; f.dec.More(); i++ {
		item := key
		switch f.lists {
		case Index:
			item = key + "[" + strconv.Itoa(i) + "]"
		case Empty:
			item = key + "[]"
		case Repeat:
			if f.nested() {
				return unlistable(key, "repeat")
			}
		}
		if err := f.value(item, depth+1); err != nil {
			return err
		}
	}
	return f.end()
}

// joined writes the scalars of a list with commas between them.
func (f *form) joined(key string) error {
	first := true
	for f.dec.More() {
		if f.nested() {
			return unlistable(key, "comma")
		}
		before := f.dec.InputOffset()
		token, err := f.dec.Token()
		if err != nil {
			return fmt.Errorf("form: %w", err)
		}
		if token == nil {
			continue
		}
		if first {
			f.begin(key)
			first = false
		} else {
			f.out = append(f.out, "%2C"...)
		}
		f.scalar(token, before)
	}
	return f.end()
}

func unlistable(key, style string) error {
	return fmt.Errorf("form: %q is a list of objects or lists, which lists = %q can't write: use index or empty", key, style)
}

// nested tells whether the next value is an object or a list.
func (f *form) nested() bool {
	rest := bytes.TrimLeft(f.json[f.dec.InputOffset():], ", \t\r\n")
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == '[')
}

func (f *form) end() error {
	if _, err := f.dec.Token(); err != nil {
		return fmt.Errorf("form: %w", err)
	}
	return nil
}

func (f *form) begin(key string) {
	if len(f.out) > 0 {
		f.out = append(f.out, '&')
	}
	f.out = append(append(f.out, url.QueryEscape(key)...), '=')
}

func (f *form) scalar(token json.Token, before int64) {
	switch v := token.(type) {
	case string:
		f.text(v, int(before), int(f.dec.InputOffset()))
	case json.Number:
		f.out = append(f.out, url.QueryEscape(v.String())...)
	case bool:
		f.out = strconv.AppendBool(f.out, v)
	}
}

// text writes a string, in parts where holes stand in it. They stand between
// whole escapes, so each part is a JSON string by itself.
func (f *form) text(v string, before, end int) {
	if len(f.in) == 0 || f.in[0].Offset >= end {
		f.out = append(f.out, url.QueryEscape(v)...)
		return
	}
	start := before + bytes.IndexByte(f.json[before:end], '"') + 1
	for len(f.in) > 0 && f.in[0].Offset < end {
		h := f.in[0]
		f.in = f.in[1:]
		f.part(start, h.Offset)
		f.holes = append(f.holes, event.Hole{Offset: len(f.out), Secret: h.Secret, Escape: event.QueryValue})
		start = h.Offset
	}
	f.part(start, end-1)
}

func (f *form) part(start, end int) {
	var s string
	quoted := append(append([]byte{'"'}, f.json[start:end]...), '"')
	if json.Unmarshal(quoted, &s) == nil {
		f.out = append(f.out, url.QueryEscape(s)...)
	}
}
