package config

import (
	"strings"
)

// eventPaths may be written in every expression.
var eventPaths = []string{"event.id", "event.type", "event.time", "event.source"}

// checkMarkers finds fixed texts that were meant as expressions: email =
// "contact.email". Only paths of declared events with a dot in them count.
func (l *loader) checkMarkers(n node) {
	switch n := n.(type) {
	case *literal:
		if n.kind == stringKind && l.isPath(n.text) {
			l.fail(n.place, `Write expr("`+n.text+`") for the value, or expr("'`+n.text+`'") if the words themselves are meant.`,
				"%q is the path of a value, but would be sent as this text.", n.text)
		}
	case *array:
		for _, item := range n.items {
			l.checkMarkers(item)
		}
	case *object:
		for _, f := range n.fields {
			l.checkMarkers(f.value)
		}
	}
}

func (l *loader) isPath(text string) bool {
	return strings.Contains(text, ".") && (l.paths[text] || l.paths[strings.TrimPrefix(text, "data.")])
}
