package config

import "strings"

const hidden = "(sensitive)"

// asWritten is a folded value as one would write it. Secrets are named by their
// source, or hidden.
func asWritten(n node) string {
	switch n := n.(type) {
	case *literal:
		if n.kind == stringKind {
			return quoted(n.text)
		}
		return n.text
	case *secretRef:
		source, name, _ := strings.Cut(n.name, ":")
		if name, _, defaulted := strings.Cut(name, "?"); defaulted && source == "env" {
			return "env(" + quoted(name) + ", " + hidden + ")"
		}
		return source + "(" + quoted(name) + ")"
	case *program:
		return "expr(" + quoted(n.source) + ")"
	case *text:
		var out strings.Builder
		for _, p := range n.parts {
			out.WriteString(interpolated(p))
		}
		return `"` + out.String() + `"`
	case *array:
		return joined(n.items, asWritten)
	case *object:
		fields := joined(n.fields, func(f field) string { return key(f.name) + " = " + asWritten(f.value) })
		return "{" + fields[1:len(fields)-1] + "}"
	}
	return hidden
}

// interpolated is a part of a text, without the quotes around it.
func interpolated(part node) string {
	if fixed, ok := part.(*literal); ok {
		text := quoted(fixed.text)
		return text[1 : len(text)-1]
	}
	return "${" + asWritten(part) + "}"
}

// concealed is asWritten for what is a secret though it stands in the files.
func concealed(n node) string {
	switch n := n.(type) {
	case *secretRef:
		return asWritten(n)
	case *array:
		return joined(n.items, concealed)
	}
	return hidden
}

// quoted writes a string of HCL, on one line and without control characters.
func quoted(s string) string {
	return noTemplate.Replace(inert(string(jsonString(s))))
}

// noTemplate keeps what looks like a template from being one.
var noTemplate = strings.NewReplacer("${", "$${", "%{", "%%{")

func key(name string) string {
	if identifier(name) {
		return name
	}
	return quoted(name)
}

func joined[T any](items []T, text func(T) string) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = text(item)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
