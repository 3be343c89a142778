package config

import (
	"encoding/json"

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

// Paths are those of the sample, in its order. Of an object there are its
// members, of a list itself and its first item.
func (t EventType) Paths() []Path {
	sample, err := expr.NewSample(t.Sample)
	if err != nil {
		return nil
	}
	var paths []Path
	for path, value := range sample.Paths() {
		if value[0] != '{' || string(value) == "{}" {
			paths = append(paths, Path{path, value})
		}
	}
	return paths
}
