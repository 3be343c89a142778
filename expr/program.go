package expr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// A Program is a compiled expression, safe for concurrent use.
type Program struct {
	src  source
	sees subject
	path *path       // when it is nothing else
	code *vm.Program // when it is more
}

// Source is the text that was compiled.
func (p *Program) Source() string { return string(p.src) }

// Path is the dotted path when the program is nothing else: names, and members
// that have names.
func (p *Program) Path() (string, bool) {
	if p.path == nil {
		return "", false
	}
	return p.path.dotted()
}

// Bool runs a program of kind Bool. Anything but true and false is an error.
func (p *Program) Bool(s *Scope) (bool, error) {
	v, err := p.value(s)
	if err != nil {
		return false, err
	}
	yes, ok := v.(bool)
	if !ok {
		return false, p.yields(kindOf(v), "true or false")
	}
	return yes, nil
}

// AppendJSON appends the result as compact JSON: the received bytes for a path.
// On an error dst comes back as it was.
func (p *Program) AppendJSON(dst []byte, s *Scope) ([]byte, error) {
	if p.path != nil {
		return p.appendReceived(dst, s)
	}
	v, err := p.run(s)
	if err != nil {
		return dst, err
	}
	out, err := appendValue(dst, v)
	if err != nil {
		return dst, p.failure(err, file.Location{})
	}
	return out, nil
}

// Text is the result as text; null tells that there is none. An
// object or a list is an error.
func (p *Program) Text(s *Scope) (text string, null bool, err error) {
	var v any
	if p.path != nil {
		v, err = p.received(s)
	} else {
		v, err = p.run(s)
	}
	if err != nil {
		return "", false, err
	}
	switch v.(type) {
	case nil:
		return "", true, nil
	case []any, map[string]any:
		return "", false, p.yields(kindOf(v), "text")
	}
	if text, err = textOf(v); err != nil {
		return "", false, p.failure(err, file.Location{})
	}
	return text, false, nil
}

// value is the result, decoded.
func (p *Program) value(s *Scope) (any, error) {
	if p.path != nil {
		return p.received(s)
	}
	return p.run(s)
}

// appendReceived copies what a path leads to, white space left out.
func (p *Program) appendReceived(dst []byte, s *Scope) ([]byte, error) {
	raw, err := p.path.find(s)
	if err != nil {
		return dst, p.failure(err, file.Location{})
	}
	if raw == nil {
		return append(dst, "null"...), nil
	}
	out := bytes.NewBuffer(dst)
	if err := json.Compact(out, raw); err != nil {
		return dst, p.failure(errBroken, file.Location{})
	}
	return out.Bytes(), nil
}

// received is what a path leads to as a value: numbers keep their digits,
// objects and lists are empty ones.
func (p *Program) received(s *Scope) (any, error) {
	raw, err := p.path.find(s)
	if err != nil {
		return nil, p.failure(err, file.Location{})
	}
	if raw == nil {
		return nil, nil
	}
	switch raw[0] {
	case '{':
		return map[string]any{}, nil
	case '[':
		return []any{}, nil
	case '"':
		text, err := unquote(raw)
		if err != nil {
			return nil, p.failure(err, file.Location{})
		}
		return text, nil
	case 'n':
		return nil, nil
	case 't', 'f':
		return raw[0] == 't', nil
	}
	return outsize{string(raw)}, nil
}

// run computes. Whatever goes wrong in expr-lang, it is this expression that
// fails, and nothing else.
func (p *Program) run(s *Scope) (v any, err error) {
	defer func() {
		if recover() != nil {
			v, err = nil, p.failure(errBeyond, file.Location{})
		}
	}()
	env, err := s.values()
	if err != nil {
		return nil, p.failure(err, file.Location{})
	}
	s.meter.start(s.budget)
	defer s.meter.spent(&s.budget)
	machine := vm.VM{MemoryBudget: maxCells}
	v, err = machine.Run(p.code, env)
	if err == nil {
		return v, nil
	}
	var e *file.Error
	if errors.As(err, &e) {
		return nil, p.failure(err, e.Location)
	}
	return nil, p.failure(err, file.Location{})
}

// errBeyond stands for what expr-lang says in words that may hold values.
const errBeyond = fault("it can't be worked out for this event")

// failure says what failed, where, and in which source: at most 300 bytes, on one line.
func (p *Program) failure(err error, place file.Location) error {
	var f fault
	if !errors.As(err, &f) {
		f = errBeyond
		var e *file.Error
		if errors.As(err, &e) {
			if words := translate(runWords, e.Message); words != "" {
				f = fault(words)
			}
		}
	}
	token := oneLine(p.src.token(place))
	if token == "" || len(token) > 24 {
		return fmt.Errorf("%s, in %s", string(f), p.src.excerpt(place))
	}
	return fmt.Errorf("%s, at %s (character %d) in %s", string(f), token, place.From+1, p.src.excerpt(place))
}

func (p *Program) yields(got, wanted string) error {
	return fmt.Errorf("%s yields %s, not %s", p.src.excerpt(file.Location{}), got, wanted)
}
