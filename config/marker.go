package config

import (
	"regexp"
	"strings"

	"github.com/posternhq/postern/expr"
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

// bracesPattern is how other tools write what is filled in.
var bracesPattern = regexp.MustCompile(`\{\{\s*([\pL_$][^{}]*?)\s*\}\}`)

// checkPlaceholders warns of texts that are filled in elsewhere, and not here.
func (l *loader) checkPlaceholders(s *section) {
	for _, name := range []string{"url", "headers", "query", "payload"} {
		l.checkPlaceholder(s.node(name))
	}
}

func (l *loader) checkPlaceholder(n node) {
	switch n := n.(type) {
	case *literal:
		if m := bracesPattern.FindStringSubmatch(n.text); m != nil && n.kind == stringKind {
			l.warn(n.place, `Write expr("`+m[1]+`") for a value of the event, within a text as ${expr("`+m[1]+`")}; or expr("'`+m[0]+`'") if the braces are meant.`,
				"%s would be sent as these characters: nothing is filled in there.", m[0])
		}
	case *text:
		for _, p := range n.parts {
			l.checkPlaceholder(p)
		}
	case *array:
		for _, item := range n.items {
			l.checkPlaceholder(item)
		}
	case *object:
		for _, f := range n.fields {
			l.checkPlaceholder(f.value)
		}
	}
}

// asExpr is a text as the expression that it was meant to be, if it can be one,
// and otherwise an example.
func asExpr(n node, example string) string {
	fixed, ok := n.(*literal)
	if ok && fixed.kind == stringKind && !strings.ContainsAny(fixed.text, "\"\\$%\n") {
		if _, err := expr.Compile(fixed.text, expr.Bool); err == nil {
			example = fixed.text
		}
	}
	return `expr("` + example + `")`
}

func (l *loader) isPath(text string) bool {
	return strings.Contains(text, ".") && (l.paths[text] || l.paths[strings.TrimPrefix(text, "data.")])
}
