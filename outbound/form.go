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
// carried over to where they come to stand. A long name over many items makes
// much of little: what comes to more than a request may have is errTooLarge.
func encodeForm(payload []byte, holes []expr.Hole, style FormStyle) ([]byte, []event.Hole, error) {
	if style.Field != "" {
		out, moved := encodeField(payload, holes, style.Field)
		return out, moved, nil
	}
	f := &form{json: payload, in: holes, lists: style.Lists, dec: json.NewDecoder(bytes.NewReader(payload))}
	f.dec.UseNumber()
	if err := f.value(0); err != nil {
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
	key   []byte // of the value that comes next; empty for the whole payload

	out   []byte
	holes []event.Hole
}

// value writes the value that comes next.
func (f *form) value(depth int) error {
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
		return f.object(depth)
	case json.Delim('['):
		return f.list(depth)
	}
	if depth == 0 {
		return errors.New("form: the payload is not an object")
	}
	if err := f.begin(); err != nil {
		return err
	}
	f.scalar(token, before)
	return nil
}

// within writes the value that comes next, one level down, as name.
func (f *form) within(name string, depth int) error {
	outer := len(f.key)
	if depth == 0 {
		f.key = append(f.key, name...)
	} else {
		f.key = append(append(append(f.key, '['), name...), ']')
	}
	err := f.value(depth + 1)
	f.key = f.key[:outer]
	return err
}

func (f *form) object(depth int) error {
	for f.dec.More() {
		token, err := f.dec.Token()
		if err != nil {
			return fmt.Errorf("form: %w", err)
		}
		name := token.(string)
		if depth == 0 && name == "" {
			return errors.New(`form: a field with the name "" can't be written`)
		}
		if err := f.within(name, depth); err != nil {
			return err
		}
	}
	return f.end()
}

func (f *form) list(depth int) error {
	switch {
	case depth == 0:
		return errors.New("form: the payload is not an object")
	case f.lists == Comma:
		return f.joined()
	}
	for i := 0; f.dec.More(); i++ {
		if err := f.item(i, depth); err != nil {
			return err
		}
	}
	return f.end()
}

func (f *form) item(i, depth int) error {
	switch {
	case f.lists == Empty:
		return f.within("", depth)
	case f.lists == Index:
		return f.within(strconv.Itoa(i), depth)
	case f.nested():
		return f.unlistable("repeat")
	}
	return f.value(depth + 1)
}

// joined writes the scalars of a list with commas between them.
func (f *form) joined() error {
	first := true
	for f.dec.More() {
		if f.nested() {
			return f.unlistable("comma")
		}
		before := f.dec.InputOffset()
		token, err := f.dec.Token()
		if err != nil {
			return fmt.Errorf("form: %w", err)
		}
		if token == nil {
			continue
		}
		if !first {
			f.out = append(f.out, "%2C"...)
		} else if err := f.begin(); err != nil {
			return err
		}
		first = false
		f.scalar(token, before)
	}
	return f.end()
}

func (f *form) unlistable(style string) error {
	return fmt.Errorf("form: %q is a list of objects or lists, which lists = %q can't write: use index or empty", f.key, style)
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

// begin writes the key of a value.
func (f *form) begin() error {
	if len(f.out)+len(f.key) > largestRequest {
		return errTooLarge
	}
	if len(f.out) > 0 {
		f.out = append(f.out, '&')
	}
	f.out = append(append(f.out, url.QueryEscape(string(f.key))...), '=')
	return nil
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
