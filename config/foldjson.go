package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// foldJSON decodes fixed text here, since HCL's own values would sort its keys
// and round its numbers. What is sensitive, and every mistake in the call, is
// left to HCL.
func (l *loader) foldJSON(e *hclsyntax.FunctionCallExpr) (n node, ok bool) {
	if len(e.Args) != 1 || e.ExpandFinal {
		return nil, false
	}
	arg := l.fold(e.Args[0])
	if arg == nil {
		return nil, true
	}
	fixed, isText := arg.(*literal)
	if !isText || fixed.kind != stringKind {
		return nil, false
	}
	l.spend(e.Range(), len(fixed.text))
	n, where, err := decodeJSON(fixed.text, e.Range())
	if err != nil {
		l.fail(e.Args[0].Range(), "Mend it at "+where+": "+err.Error()+".", "This text is not JSON.")
		return nil, true
	}
	return n, true
}

// decodeJSON makes values that all stand at one place; where tells how far an
// error let it read.
func decodeJSON(text string, at hcl.Range) (n node, where string, err error) {
	j := jsonText{dec: json.NewDecoder(strings.NewReader(text)), at: at}
	j.dec.UseNumber()
	n, err = j.value(0)
	if err == nil {
		if _, err = j.dec.Token(); err == io.EOF {
			err = extentOf(n).check()
		} else {
			err = errors.New("there is more text after it")
		}
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, j.reached(text, err), err
	}
	return n, "", nil
}

// reached is how far a text could be read.
func (j jsonText) reached(text string, err error) string {
	at := j.dec.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	read := text[:min(int(at), len(text))]
	line := strings.Count(read, "\n") + 1
	column := utf8.RuneCountInString(read[strings.LastIndexByte(read, '\n')+1:])
	return fmt.Sprintf("line %d, column %d", line, max(1, column))
}

type jsonText struct {
	dec *json.Decoder
	at  hcl.Range
}

func (j jsonText) value(depth int) (node, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxNesting)
	}
	tok, err := j.dec.Token()
	if err != nil {
		return nil, err
	}
	switch v := tok.(type) {
	case json.Delim:
		if v == '[' {
			return j.list(depth)
		}
		return j.object(depth)
	case string:
		return &literal{stringKind, v, j.at}, nil
	case json.Number:
		if hugeNumber(v.String()) {
			return nil, fmt.Errorf("the number %.20s is out of range", v)
		}
		return &literal{numberKind, v.String(), j.at}, nil
	case bool:
		return &literal{boolKind, strconv.FormatBool(v), j.at}, nil
	}
	return &literal{nullKind, "", j.at}, nil
}

func (j jsonText) list(depth int) (node, error) {
	out := &array{place: j.at, extent: extent{size: 1}}
	for j.dec.More() {
		item, err := j.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, item)
		out.hold(item)
	}
	_, err := j.dec.Token()
	return out, err
}

func (j jsonText) object(depth int) (node, error) {
	out := &object{place: j.at, extent: extent{size: 1}}
	seen := map[string]bool{}
	for j.dec.More() {
		key, err := j.dec.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string)
		if seen[name] {
			return nil, fmt.Errorf("the key %.100q stands twice", name)
		}
		seen[name] = true
		value, err := j.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.fields = append(out.fields, field{name, j.at, value})
		out.hold(value)
	}
	_, err := j.dec.Token()
	return out, err
}

// jsonString is s as a JSON string, without HTML escaping.
func jsonString(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can't fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
