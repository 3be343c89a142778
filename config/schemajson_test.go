package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// A judge checks values against a schema, with the words of JSON Schema that
// ours uses. It doesn't know others, and says so.
type judge struct{ root map[string]any }

func newJudge(t *testing.T) judge {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(JSONSchema()))
	d.UseNumber()
	var j judge
	if err := d.Decode(&j.root); err != nil {
		t.Fatal(err)
	}
	return j
}

// against says what is wrong; empty: nothing.
func (j judge) against(schema any, v any, at string) string {
	if allowed, ok := schema.(bool); ok {
		if allowed {
			return ""
		}
		return at + " may not be there"
	}
	s := schema.(map[string]any)
	for _, word := range slices.Sorted(maps.Keys(s)) {
		if wrong := j.word(word, s, v, at); wrong != "" {
			return wrong
		}
	}
	return ""
}

func (j judge) word(word string, s map[string]any, v any, at string) string {
	object, _ := v.(map[string]any)
	list, isList := v.([]any)
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	fails := func(bad bool) string {
		if bad {
			return fmt.Sprintf("%s: %v breaks %s %v", at, v, word, s[word])
		}
		return ""
	}
	switch word {
	case "$schema", "$defs", "title", "description", "default", "writeOnly":
	case "$ref":
		return j.against(j.root["$defs"].(map[string]any)[strings.TrimPrefix(s[word].(string), "#/$defs/")], v, at)
	case "type":
		types, several := s[word].([]any)
		if !several {
			types = []any{s[word]}
		}
		return fails(!slices.ContainsFunc(types, func(name any) bool { return typed(name.(string), v) }))
	case "enum":
		return fails(!slices.Contains(s[word].([]any), v))
	case "pattern":
		return fails(isText && !regexp.MustCompile(s[word].(string)).MatchString(text))
	case "minimum":
		return fails(isNumber && rational(number).Cmp(rational(s[word].(json.Number))) < 0)
	case "maximum":
		return fails(isNumber && rational(number).Cmp(rational(s[word].(json.Number))) > 0)
	case "minItems":
		return fails(isList && rational(s[word].(json.Number)).Cmp(big.NewRat(int64(len(list)), 1)) > 0)
	case "maxItems":
		return fails(isList && rational(s[word].(json.Number)).Cmp(big.NewRat(int64(len(list)), 1)) < 0)
	case "maxProperties":
		return fails(rational(s[word].(json.Number)).Cmp(big.NewRat(int64(len(object)), 1)) < 0)
	case "items":
		for i, item := range list {
			if wrong := j.against(s[word], item, fmt.Sprintf("%s[%d]", at, i)); wrong != "" {
				return wrong
			}
		}
	case "anyOf":
		var all []string
		for _, one := range s[word].([]any) {
			wrong := j.against(one, v, at)
			if wrong == "" {
				return ""
			}
			all = append(all, wrong)
		}
		return strings.Join(all, "; ")
	case "required":
		for _, name := range s[word].([]any) {
			if _, has := object[name.(string)]; object != nil && !has {
				return at + " needs " + name.(string)
			}
		}
	case "propertyNames":
		for name := range object {
			if wrong := j.against(s[word], name, at); wrong != "" {
				return wrong
			}
		}
	case "properties", "additionalProperties":
		return j.members(word, s, object, at)
	default:
		return "the judge does not know " + word
	}
	return ""
}

func (j judge) members(word string, s, object map[string]any, at string) string {
	named, _ := s["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		schema, known := named[name]
		if known != (word == "properties") {
			continue
		}
		if !known {
			schema = s[word]
		}
		if wrong := j.against(schema, object[name], at+"."+name); wrong != "" {
			return wrong
		}
	}
	return ""
}

func typed(name string, v any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case json.Number:
		return name == "number" || name == "integer" && rational(v).IsInt()
	case []any:
		return name == "array"
	}
	return name == "object"
}

func rational(n json.Number) *big.Rat {
	r, _ := new(big.Rat).SetString(string(n))
	return r
}

// jsonForm turns a configuration into HCL's JSON form: blocks are objects by
// type and label, and what is no fixed value is a template.
func jsonForm(t *testing.T, text string) map[string]any {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return bodyForm(t, text, f.Body.(*hclsyntax.Body))
}

func bodyForm(t *testing.T, text string, b *hclsyntax.Body) map[string]any {
	out := map[string]any{}
	for name, a := range b.Attributes {
		out[name] = valueForm(t, text, a.Expr)
	}
	for _, inner := range b.Blocks {
		at := out
		keys := append([]string{inner.Type}, inner.Labels...)
		for _, key := range keys[:len(keys)-1] {
			if at[key] == nil {
				at[key] = map[string]any{}
			}
			at = at[key].(map[string]any)
		}
		key, form := keys[len(keys)-1], any(bodyForm(t, text, inner.Body))
		switch before := at[key].(type) {
		case map[string]any:
			form = []any{before, form}
		case []any:
			form = append(before, form)
		}
		at[key] = form
	}
	return out
}

func valueForm(t *testing.T, text string, e hclsyntax.Expression) any {
	switch e := e.(type) {
	case *hclsyntax.TupleConsExpr:
		list := []any{}
		for _, item := range e.Exprs {
			list = append(list, valueForm(t, text, item))
		}
		return list
	case *hclsyntax.ObjectConsExpr:
		object := map[string]any{}
		for _, item := range e.Items {
			key, _ := item.KeyExpr.Value(nil)
			object[key.AsString()] = valueForm(t, text, item.ValueExpr)
		}
		return object
	}
	v, diags := e.Value(nil)
	if diags.HasErrors() {
		source := text[e.Range().Start.Byte:e.Range().End.Byte]
		if _, isText := e.(*hclsyntax.TemplateExpr); isText {
			return strings.Trim(source, `"`)
		}
		return "${" + source + "}"
	}
	raw, err := ctyjson.Marshal(v, cty.DynamicPseudoType)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var typed struct{ Value any }
	if err := d.Decode(&typed); err != nil {
		t.Fatal(err)
	}
	return typed.Value
}

func TestOurConfigurationsFitTheJSONSchema(t *testing.T) {
	j := newJudge(t)
	for _, pattern := range []string{"testdata/good/*.hcl", "../examples/*/*.hcl", "../examples/*/*/*.hcl", "../cli/*.hcl.tmpl"} {
		for _, name := range glob(t, pattern) {
			text := readTest(t, name)
			if strings.HasSuffix(name, ".tmpl") {
				text = strings.NewReplacer("{{.", "${x.", "{{hcl .", "${x.", "}}", "}").Replace(text)
			}
			if wrong := j.against(j.root, jsonForm(t, text), ""); wrong != "" {
				t.Errorf("%s: %s", name, wrong)
			}
		}
	}
}

// Whatever the tables take, the schema takes, and what is of another kind it
// refuses, as far as it can tell.
func TestTheJSONSchemaAgreesWithDecoding(t *testing.T) {
	j := newJudge(t)
	refused := 0
	for _, p := range places() {
		with := func(value string) string { return p.wrap(p.attr.name + " = " + value + "\n") }
		good, bad := samplesOf(p)
		for _, v := range append(good, "null") {
			if v == "null" && p.attr.required {
				continue
			}
			if wrong := j.against(j.root, jsonForm(t, with(v)), ""); wrong != "" {
				t.Errorf("%s = %.80s: %s", p.path, v, wrong)
			}
		}
		for _, v := range bad {
			if j.against(j.root, jsonForm(t, with(v)), "") != "" {
				refused++
			} else if _, isBool := p.attr.takes.(takesBool); isBool {
				t.Errorf("%s = %s is taken", p.path, v)
			}
		}
		if strange := j.against(j.root, jsonForm(t, p.wrap("strange = 1\n")), ""); strange == "" {
			t.Errorf("strange beside %s is taken", p.path)
		}
	}
	if refused < 50 {
		t.Errorf("the schema refuses %d bad values", refused)
	}
	for _, bad := range []string{`webhok "x" {}`, `webhook "a b" {}`, `agent "x" {}`, `listen "tcp" {}`, "a = 1", `mapping "m" {}`} {
		if j.against(j.root, jsonForm(t, bad+"\n"), "") == "" {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestTheJSONSchemaIsInOrderAndForPeople(t *testing.T) {
	text := JSONSchema()
	golden(t, "testdata/schema.want", string(text))
	if !utf8.Valid(text) || !bytes.HasSuffix(text, []byte("}\n")) || bytes.Contains(text, []byte("`")) {
		t.Errorf("it ends in %q", text[len(text)-10:])
	}
	last := -1
	for _, name := range []string{`"$schema"`, `"webhook"`, `"agent"`, `"test"`, `"$defs"`, `"url"`, `"rate_limit"`} {
		at := bytes.Index(text[last+1:], []byte(name))
		if at < 0 {
			t.Fatalf("%s is not behind the one before", name)
		}
		last += at + 1
	}
}
