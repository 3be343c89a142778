package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
)

// widest is how many bytes an object or list written on one line has at most.
const widest = 60

// inHCL writes JSON as a configuration has it; indent is what its line begins
// with. Null stands for what is not JSON.
func inHCL(json []byte, indent string) string {
	n, _, err := decodeJSON(string(json), hcl.Range{})
	if err != nil {
		return "null"
	}
	return nodeInHCL(n, indent)
}

func nodeInHCL(n node, indent string) string {
	switch n := n.(type) {
	case *object:
		var items []string
		for _, f := range n.fields {
			items = append(items, keyInHCL(f.name)+" = "+nodeInHCL(f.value, indent+"  "))
		}
		return enclosed("{", items, "}", indent)
	case *array:
		var items []string
		for _, item := range n.items {
			items = append(items, nodeInHCL(item, indent+"  "))
		}
		return enclosed("[", items, "]", indent)
	case *literal:
		switch n.kind {
		case nullKind:
			return "null"
		case stringKind:
			return quotedInHCL(n.text)
		}
		return n.text
	}
	return "null" // JSON holds nothing else
}

// enclosed puts items on one line if there is room.
func enclosed(open string, items []string, end, indent string) string {
	if len(items) == 0 {
		return open + end
	}
	space := " "
	if open == "[" {
		space = ""
	}
	line := open + space + strings.Join(items, ", ") + space + end
	if len(line) <= widest && !strings.Contains(line, "\n") {
		return line
	}
	comma := ""
	if open == "[" {
		comma = ","
	}
	var b strings.Builder
	b.WriteString(open + "\n")
	for _, item := range items {
		b.WriteString(indent + "  " + item + comma + "\n")
	}
	return b.String() + indent + end
}

// keyInHCL quotes a name where it has to be.
func keyInHCL(name string) string {
	if identifier(name) && !slices.Contains([]string{"for", "null", "true", "false"}, name) {
		return name
	}
	return quotedInHCL(name)
}

// quotedInHCL is a text in quotes.
func quotedInHCL(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case !unicode.IsPrint(r):
			escapeRune(&b, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func escapeRune(b *strings.Builder, r rune) {
	if r > 0xffff {
		fmt.Fprintf(b, `\U%08x`, r)
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}
