package config

import (
	"slices"
	"strings"

	"github.com/posternhq/postern/outbound"
)

// eventPaths may be written in every expression.
var eventPaths = map[string]bool{"event.id": true, "event.type": true, "event.time": true, "event.source": true}

// checkMarkers finds fixed texts that were meant as expressions: email =
// "contact.email". Only paths of declared events with a dot in them count.
func (l *loader) checkMarkers(n node) {
	known := []map[string]bool{eventPaths}
	for _, name := range l.typeNames() {
		known = append(known, l.types[name].paths)
	}
	l.markers(n, known)
}

func (l *loader) markers(n node, known []map[string]bool) {
	switch n := n.(type) {
	case *literal:
		if n.kind == stringKind && isPath(n.text, known) {
			l.fail(n.place, `Write expr("`+n.text+`") for the value, or expr("'`+n.text+`'") if the words themselves are meant.`,
				"%q is the path of a value, but would be sent as this text.", n.text)
		}
	case *array:
		for _, item := range n.items {
			l.markers(item, known)
		}
	case *object:
		for _, f := range n.fields {
			l.markers(f.value, known)
		}
	}
}

func isPath(text string, known []map[string]bool) bool {
	if !strings.Contains(text, ".") {
		return false
	}
	inData, ok := strings.CutPrefix(text, "data.")
	for _, paths := range known {
		if paths[text] || ok && paths[inData] {
			return true
		}
	}
	return false
}
