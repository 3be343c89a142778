package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"strings"
	"unicode"
)

// JSONSchema describes the configuration in HCL's JSON form, where blocks are
// objects by type and label, as JSON Schema 2020-12.
func JSONSchema() []byte {
	var b bytes.Buffer
	// appendJSON writes JSON, which can be indented.
	_ = json.Indent(&b, appendJSON(nil, jsonSchema()), "", "  ")
	b.WriteByte('\n')
	return b.Bytes()
}

func jsonSchema() node {
	root := objectSchema(fileBody, false)
	return &object{fields: append([]field{
		pair("$schema", textNode("https://json-schema.org/draft/2020-12/schema")),
		pair("title", textNode("Configuration of Postern")),
		pair("description", textNode("One configuration in the JSON form of HCL: blocks are objects by type and label, and what is no fixed value is a template such as ${env(\"NAME\")}.")),
	}, append(root.fields, pair("$defs", fieldsOf(
		pair("template", fieldsOf(
			pair("description", textNode("A value that is worked out.")),
			pair("type", textNode("string")),
			pair("pattern", textNode(`[$%]\{`)),
		)),
		pair("absent", fieldsOf(
			pair("description", textNode("Null is as if it were not written.")),
			pair("type", textNode("null")),
		)),
		pair("webhook", objectSchema(webhookBody, false)),
	)))...)}
}

func pair(name string, value node) field { return field{name: name, value: value} }

func fieldsOf(fields ...field) *object { return &object{fields: fields} }

func arrayOf(items ...node) node { return &array{items: items} }

func textNodes(texts []string) (nodes []node) {
	for _, t := range texts {
		nodes = append(nodes, textNode(t))
	}
	return nodes
}

func reference(name string) *object { return fieldsOf(pair("$ref", textNode("#/$defs/"+name))) }

// objectSchema is that of a block's body. What is required may stand in a block
// that it falls back on, which a schema can't see, unless alone says that there
// is none.
func objectSchema(shape bodyShape, alone bool) *object {
	var properties []field
	var required []string
	for _, a := range shape.attributes {
		properties = append(properties, pair(a.name, a.schema()))
		if a.required {
			required = append(required, a.name)
		}
	}
	for _, b := range shape.inner {
		properties = append(properties, pair(b.name, b.schema()))
	}
	fields := []field{pair("type", textNode("object"))}
	if properties != nil {
		fields = append(fields, pair("properties", fieldsOf(properties...)))
	}
	if alone && required != nil {
		fields = append(fields, pair("required", arrayOf(textNodes(required)...)))
	}
	return fieldsOf(append(fields, pair("additionalProperties", boolNode(false)))...)
}

func (b block) schema() node {
	fields := []field{pair("description", textNode(plainWords(b.about)))}
	switch {
	case b.free:
		return fieldsOf(append(fields, oneOrMore(b, fieldsOf(pair("type", textNode("object"))))...)...)
	case b.name == webhookBlock.name:
		return fieldsOf(append(fields, labelled(b, reference("webhook"))...)...)
	case b.name == defaultsBlock.name:
		return fieldsOf(append(fields, reference("webhook").fields...)...)
	case b.label != "":
		return fieldsOf(append(fields, labelled(b, objectSchema(b.body, true))...)...)
	case b.variants == nil:
		return fieldsOf(append(fields, oneOrMore(b, objectSchema(b.body, true))...)...)
	}
	return fieldsOf(append(fields, variantsOf(b)...)...)
}

// variantsOf is an object of bodies by the few labels that there are.
func variantsOf(b block) []field {
	var properties []field
	for _, v := range b.variants {
		// Of a webhook's, what is required may stand in defaults.
		inner := oneOrMore(b, objectSchema(v.body, b.name != authBlock.name && b.name != signatureBlock.name))
		properties = append(properties, pair(v.label, fieldsOf(append([]field{pair("description", textNode(plainWords(v.about)))}, inner...)...)))
	}
	fields := []field{pair("type", textNode("object")), pair("properties", fieldsOf(properties...)), pair("additionalProperties", boolNode(false))}
	if b.once {
		fields = append(fields, pair("maxProperties", intNode(1)))
	}
	return fields
}

// oneOrMore is a body, and where a block may stand several times a list of them.
func oneOrMore(b block, body *object) []field {
	if b.once {
		return body.fields
	}
	return []field{pair("anyOf", arrayOf(body, fieldsOf(pair("type", textNode("array")), pair("items", body))))}
}

// labelled is an object of bodies by their labels.
func labelled(b block, body node) []field {
	fields := []field{pair("type", textNode("object"))}
	if b.pattern != "" {
		fields = append(fields, pair("propertyNames", fieldsOf(pair("pattern", textNode(b.pattern)))))
	}
	return append(fields, pair("additionalProperties", body))
}

// schema is that of an attribute: a fixed value, or a template.
func (a attribute) schema() node {
	about := a.about
	if words := a.takes.words(); words != "text" {
		about += " It is " + words + "."
	}
	if a.expr != noExpr {
		about += " " + a.expr.sentence()
	}
	fields := []field{pair("description", textNode(plainWords(about)))}
	if d := a.def(); d != nil {
		fields = append(fields, pair("default", d))
	}
	if a.secret {
		fields = append(fields, pair("writeOnly", boolNode(true)))
	}
	forms := []node{a.takes.schema()}
	if text, ok := a.takes.(takesText); !ok || text.pattern != "" {
		forms = append(forms, reference("template"))
	}
	if !a.required {
		forms = append(forms, reference("absent"))
	}
	return fieldsOf(append(fields, pair("anyOf", arrayOf(forms...)))...)
}

func (r reach) sentence() string {
	switch r {
	case wholeExpr:
		return "Its value is one `expr(\"…\")`."
	case textExpr:
		return "`expr(\"…\")` may stand in it, as a whole text or within one."
	case everyExpr:
		return "`expr(\"…\")` may stand in it at any depth."
	}
	return ""
}

// plainWords is Markdown without its marks.
func plainWords(text string) string { return strings.ReplaceAll(text, "`", "") }

func (t takesText) schema() node {
	fields := []field{pair("type", textNode("string"))}
	if t.pattern != "" {
		fields = append(fields, pair("pattern", textNode(t.pattern)))
	}
	return fieldsOf(fields...)
}

func (takesBool) schema() node { return fieldsOf(pair("type", textNode("boolean"))) }

func (t takesInt) schema() node {
	return fieldsOf(pair("type", textNode("integer")), pair("minimum", intNode(t.least)), pair("maximum", intNode(t.most)))
}

func (takesDuration) schema() node {
	return fieldsOf(pair("type", textNode("string")), pair("pattern", textNode(`^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$`)))
}

func (takesSize) schema() node {
	return fieldsOf(pair("type", textNode("string")), pair("pattern", textNode(`^[0-9.]+ ?([KMGTPE]i?)?B?$`)))
}

func (t takesChoice) schema() node {
	all := slices.Concat(t.choices, t.others)
	enum := fieldsOf(pair("enum", arrayOf(textNodes(all)...)))
	if !t.anyCase {
		return enum
	}
	return fieldsOf(pair("anyOf", arrayOf(enum, fieldsOf(pair("type", textNode("string")), pair("pattern", textNode(anyCase(all)))))))
}

// anyCase is a pattern for words in capitals or not. Those of JSON Schema have no
// sign for that.
func anyCase(words []string) string {
	var out strings.Builder
	for i, w := range words {
		if i > 0 {
			out.WriteByte('|')
		}
		for _, r := range w {
			if unicode.IsLetter(r) {
				fmt.Fprintf(&out, "[%c%c]", unicode.ToUpper(r), unicode.ToLower(r))
				continue
			}
			out.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return "^(" + out.String() + ")$"
}

func (t takesList) schema() node {
	list := fieldsOf(pair("type", textNode("array")), pair("items", fieldsOf(pair("anyOf", arrayOf(t.of.schema(), reference("template"))))))
	if t.least > 0 {
		list.fields = append(list.fields, pair("minItems", intNode(t.least)))
	}
	if t.most > 0 {
		list.fields = append(list.fields, pair("maxItems", intNode(t.most)))
	}
	if t.one {
		return fieldsOf(pair("anyOf", arrayOf(t.of.schema(), list)))
	}
	return list
}

func (t takesObject) schema() node {
	if t.members != nil {
		return objectSchema(body(t.members), true)
	}
	values := t.of.schema()
	if _, texts := t.of.(takesText); texts {
		values = fieldsOf(pair("type", arrayOf(textNodes([]string{"string", "number", "boolean", "null"})...)))
	}
	return fieldsOf(pair("type", textNode("object")), pair("additionalProperties", values))
}

func (t takesEither) schema() node {
	return fieldsOf(pair("anyOf", arrayOf(t.one.schema(), t.other.schema())))
}

func (takesExpr) schema() node {
	return fieldsOf(pair("type", textNode("string")), pair("pattern", textNode(`^\$\{.*\}$`)))
}

func (t takesAny) schema() node {
	if t.kind == "" {
		return boolNode(true)
	}
	return fieldsOf(pair("type", textNode(t.kind)))
}
