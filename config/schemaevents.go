package config

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/posternhq/postern/expr"
)

// Catalogue reads the event blocks alone, and reports the problems with these:
// what webhooks may name is wanted most while one of them is still wrong.
func Catalogue(files Files, in Inputs) (events []EventType, ds Diagnostics) {
	defer func() {
		if r := recover(); r != nil {
			events, ds = nil, broken(r)
		}
	}()
	l := newLoader(files, in)
	if bodies := l.parse(files.Files); l.errors == 0 {
		blocks := l.sort(bodies)
		for _, b := range blocks["locals"] {
			l.locals(b)
		}
		l.events(blocks["event"])
	}
	return l.gen.Events, l.diagnostics(l.sources, l.secrets)
}

// A Path is a value of an event that an expression may name.
type Path struct {
	Path   string          `json:"path"` // as an expression: contact.email
	Sample json.RawMessage `json:"sample"`
}

// Paths are those of the sample, in its order: its values, and of a list that
// holds objects or lists what is in its first one.
func (t EventType) Paths() []Path {
	if t.Sample == nil {
		return nil
	}
	w := walk{scope: expr.NewScope(expr.Event{Type: t.Name, Data: t.Sample})}
	w.value(t.Sample, nil)
	return w.paths
}

// A walk goes through a sample.
type walk struct {
	scope *expr.Scope
	paths []Path
}

func (w *walk) value(raw json.RawMessage, steps []string) {
	names, values := elements(raw)
	isObject := names != nil
	if !isObject || len(values) == 0 {
		w.add(raw, steps)
	}
	for i, inner := range values {
		switch {
		case isObject:
			w.value(inner, append(steps[:len(steps):len(steps)], names[i]))
		case i == 0 && (inner[0] == '{' || inner[0] == '['):
			w.value(inner, append(steps[:len(steps):len(steps)], "[0]"))
		}
	}
}

// elements are the members of an object, with names, or the items of a list, or
// none. Names of objects are quoted.
func elements(raw json.RawMessage) (names []string, values []json.RawMessage) {
	d := json.NewDecoder(bytes.NewReader(raw))
	switch open, _ := d.Token(); open {
	case json.Delim('{'):
		names = []string{}
	case json.Delim('['):
	default:
		return nil, nil
	}
	for d.More() {
		if names != nil {
			name, _ := d.Token()
			names = append(names, string(jsonString(name.(string))))
		}
		var inner json.RawMessage
		if d.Decode(&inner) != nil {
			break // it was written by us: it doesn't come to that
		}
		values = append(values, inner)
	}
	return names, values
}

// add writes a path in the shortest way that finds this very value: a first name
// may be a word of the language, or that of a root.
func (w *walk) add(raw json.RawMessage, steps []string) {
	below := dotted(steps)
	source := strings.TrimPrefix(below, ".")
	if !w.finds(source, raw) {
		source = "data" + below
	}
	w.paths = append(w.paths, Path{source, raw})
}

func (w *walk) finds(source string, raw json.RawMessage) bool {
	p, err := expr.Compile(source, expr.Value)
	if err != nil {
		return false
	}
	found, err := p.AppendJSON(nil, w.scope)
	return err == nil && bytes.Equal(found, raw)
}

// dotted is .contact.tags[0], with brackets around names that need them.
func dotted(steps []string) string {
	var out strings.Builder
	for _, s := range steps {
		switch name := strings.Trim(s, `"`); {
		case s[0] == '[':
			out.WriteString(s)
		case identifier(name):
			out.WriteString("." + name)
		default:
			out.WriteString("[" + s + "]")
		}
	}
	return out.String()
}
