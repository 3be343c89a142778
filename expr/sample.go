package expr

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
)

// A Sample is the declared example of an event's data: what expressions are
// checked against before there is an event. It is immutable.
type Sample struct {
	data  []byte
	shape *shape
}

// NewSample reads the data of an event: one JSON object.
func NewSample(data []byte) (*Sample, error) {
	if !json.Valid(data) {
		return nil, errSample
	}
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, errSample
	}
	return &Sample{data: bytes.Clone(data), shape: shapeOf(v).opened()}, nil
}

const errSample = fault("the sample is not a JSON object")

// Paths yields every path of the sample, in the order of the document, with its
// value as compact JSON: an object before its members, and of a list the first
// item. A path is written as an expression has it: contact.email, items[0].sku,
// data["First name"].
func (s *Sample) Paths() iter.Seq2[string, []byte] {
	return func(yield func(path string, value []byte) bool) {
		s.members(path{root: dataRoot}, skipSpace(s.data, 0), yield)
	}
}

// within yields the paths below the value at i, and tells whether to go on.
func (s *Sample) within(p path, i int, yield func(string, []byte) bool) bool {
	switch s.data[i] {
	case '{':
		return s.members(p, i, yield)
	case '[':
		if at, err := element(s.data, i, 0); err == nil && at >= 0 {
			return s.value(p, step{index: 0, indexed: true}, at, yield)
		}
	}
	return true
}

// members yields the paths of the object that begins at i.
func (s *Sample) members(p path, i int, yield func(string, []byte) bool) bool {
	b := s.data
	for i = skipSpace(b, i+1); b[i] != '}'; i = skipSpace(b, i) {
		end := skipString(b, i)
		name, err := unquote(b[i:end])
		if err != nil {
			return true
		}
		value := skipSpace(b, skipSpace(b, end)+1)
		if !s.value(p, step{name: name}, value, yield) {
			return false
		}
		if i = skipSpace(b, skipValue(b, value)); b[i] == ',' {
			i = skipSpace(b, i+1)
		}
	}
	return true
}

// value yields the value at i, one step on from p, and what is below it.
func (s *Sample) value(p path, next step, i int, yield func(string, []byte) bool) bool {
	p.steps = append(slices.Clip(p.steps), next)
	var compact bytes.Buffer
	if err := json.Compact(&compact, s.data[i:skipValue(s.data, i)]); err != nil {
		return true
	}
	return yield(p.String(), compact.Bytes()) && s.within(p, i, yield)
}

// eventShape is what is known of event in every expression.
var eventShape = &shape{kinds: objectKind, members: map[string]*shape{
	"id":     some(textKind),
	"type":   some(textKind),
	"time":   some(textKind),
	"source": some(textKind | nullKind),
	"ce_id":  some(textKind | nullKind),
	"ce":     objectOf(unknown).orNull(),
}}
