package config

import (
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"
)

// words says in our own what HCL begins with summary, if its detail holds a part.
// An empty detail leaves HCL's, from behind its colon.
type words struct{ summary, holds, ours, detail string }

var hclWords = []words{
	// What the parser finds.
	{"Invalid argument name", "", "The name of an attribute stands without quotes.", "Write name = value."},
	{"Unclosed configuration block", "", "This block is never closed.", "Add the } that is missing, here or in a block within it."},
	{"Argument or block definition required", "", "Here an attribute or a block is expected.", "Write name = value, or name { … }."},
	{"Argument definition required", "", oneLine, oneLineAdvice},
	{"Invalid single-argument block definition", "", oneLine, oneLineAdvice},
	{"Invalid block definition", "equals sign", "A block has no equals sign before its brace.", "Remove it."},
	{"Invalid block definition", "same line", "The { of a block stands on the line of its name.", "Move it up."},
	{"Invalid block definition", "", "Here the block's name in quotes, or its {, is expected.", `Write it like webhook "NAME" { … }.`},
	{"Missing newline after block definition", "", "Something stands behind the } of a block.", "Put it on a line of its own, or remove it."},
	{"Missing newline after argument", "", "Something stands behind the value of an attribute.", `Text needs quotes: "…". Each attribute has a line of its own.`},
	{"Missing false expression in conditional", "", "This condition has no second value.", "Write condition ? value : other value."},
	{"Invalid expression", "", aValue, aValueAdvice},
	{"Missing expression", "", "The file ends where a value or a closing bracket is expected.", "Write the value, or close what is open with }, ] or )."},
	{"Unbalanced parentheses", "", "A ( is not closed before this.", "Add the ) that is missing."},
	{"Unterminated function call", "", "This call of a function is never closed.", "Add the ) that is missing."},
	{"Missing argument separator", "", "A comma is missing between the arguments of a function.", "Add it, or the ) that ends the call."},
	{"Unterminated tuple constructor expression", "", "This list is never closed.", "Add the ] that is missing."},
	{"Missing item separator", "", "A comma is missing between the items of a list.", "Add it, or the ] that ends the list."},
	{"Missing attribute value", "", "A value is missing behind this name.", "Write name = value."},
	{"Missing key/value separator", "", "A value is missing behind this name.", "Write name = value."},
	{"Unterminated object constructor expression", "", "This object is never closed.", "Add the } that is missing."},
	{"Missing attribute separator", "", "A comma or a new line is missing between the fields of an object.", "Add it, or the } that ends the object."},
	{"Invalid escape sequence", "", `In quotes, this backslash begins nothing.`, `Write \\ for a backslash. There are \n, \r, \t, \", \\, \uXXXX and \UXXXXXXXX.`},
	{"Unclosed template interpolation sequence", "", "This ${ is not closed.", "Add the } that is missing, or write $${ for the characters themselves."},
	{"Extra characters after interpolation expression", "", "Something stands behind the value in ${…}.", "Close it with }, or write $${ for the characters themselves."},
	{"Invalid template directive", "", directive, directiveAdvice},
	{"Invalid template control keyword", "", directive, directiveAdvice},
	{"Invalid 'for' directive", "", directive, directiveAdvice},
	{"Unexpected end", "", directive, directiveAdvice},
	{"Unexpected else", "", directive, directiveAdvice},
	{"Extra characters in", "", directive, directiveAdvice},
	{"Unexpected comma after argument", "", "A comma stands behind the value of an attribute.", "Remove it: each attribute has a line of its own."},
	{"Invalid number literal", "", "This is no number.", "Write it like 1 or 1.5, or in quotes to send it as text."},
	{"Invalid character", "Single quotes", "Single quotes begin no text here.", `Write "…". Single quotes belong inside expr("…").`},
	{"Invalid character", "Curly quotes", "Typographic quotes begin no text.", `Write straight ones: "…".`},
	{"Invalid character", `";"`, "A semicolon separates nothing here.", "Put each attribute on a line of its own."},
	{"Invalid character", "", "This character means nothing here.", "Remove it, or put the text that it belongs to in quotes."},
	{"Unsupported operator", "", "There is no such operator.", ""},
	{"Attribute name required", "", "A name is missing behind this dot.", "Write local.NAME or mapping.NAME."},
	{"Invalid attribute name", "", "A name is missing behind this dot.", "Write local.NAME or mapping.NAME."},
	{"Missing close bracket", "", "This [ is not closed.", "Add the ] that is missing."},
	{"Invalid 'for' expression", "", "This for is not complete.", "Write [for x in list : value] or {for k, v in object : key => value}."},

	// What comes up when values are worked out.
	{"Invalid operand", "", "This value does not fit its operator.", ""},
	{"Invalid index", "", "There is no such item.", ""},
	{"Unsupported attribute", "", "There is no such member.", ""},
	{"Iteration over non-iterable value", "", "A for goes over lists and objects only.", ""},
	{"Iteration over null value", "", "A for goes over lists and objects only.", "This value is null: give it one, or write [] for none."},
	{"Attempt to", "", "This value is null.", ""},
	{"Condition is null", "", "The if of a for is true or false.", ifAdvice},
	{"Invalid 'for' condition", "", "The if of a for is true or false.", ifAdvice},
	{"Invalid object key", "", "The key that a for makes is a text.", "Write it like {for k, v in object : k => v}."},
	{"Invalid template interpolation value", "", notInString, notInStringAdvice},
	{"Duplicate object key", "", "This for makes one key twice.", "Choose keys that differ, or write key => value... to gather the values of each."},
}

const (
	oneLine         = "A block on one line holds one attribute only."
	oneLineAdvice   = "Put each attribute, and each block within it, on a line of its own."
	aValue          = "Here a value is expected."
	aValueAdvice    = `Write a text in "quotes", a number, true, false, [ … ] or { … }.`
	directive       = "In text, %{ begins a directive, and this one is not complete."
	ifAdvice        = `Compare it with something, such as x != "".`
	directiveAdvice = "Write %%{ for the characters themselves."
)

// reworded is what HCL found, in our words if we have some.
func reworded(d *hcl.Diagnostic) (summary, detail string) {
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallUnknownDiagExtra](d); ok {
		return unknownFunction(call.CalledFunctionName())
	}
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); ok {
		return wrongCall(d, call.CalledFunctionName(), call.FunctionCallError())
	}
	if m := redefined.FindStringSubmatch(d.Detail); m != nil {
		return "The attribute " + m[1] + " stands twice.", "It stands at " + m[2] + ":" + m[3] + ":" + m[4] + " already: remove one of them."
	}
	for _, w := range hclWords {
		if strings.HasPrefix(d.Summary, w.summary) && strings.Contains(d.Detail, w.holds) {
			return w.ours, sentence(cmp.Or(w.detail, behindColon(d.Detail)))
		}
	}
	return sentence(d.Summary), sentence(d.Detail)
}

var redefined = regexp.MustCompile(`^The argument (".*") was already set at (.*):(\d+),(\d+)-`)

// behindColon is the part of a sentence that tells the cause.
func behindColon(text string) string {
	_, cause, found := strings.Cut(text, ": ")
	if !found {
		return text
	}
	return cause
}

// usages say how each function is called.
var usages = map[string]string{
	"env":          `env("NAME") or env("NAME", "default")`,
	"file":         `file("path")`,
	"credential":   `credential("name")`,
	"plain":        `plain(env("NAME"))`,
	"expr":         `expr("contact.email")`,
	"jsondecode":   `jsondecode(file("samples/contact.json"))`,
	"jsonencode":   `jsonencode({ a = 1 })`,
	"merge":        `merge(mapping.NAME, { name = value })`,
	"concat":       `concat([1], [2, 3])`,
	"format":       `format("%s-%03d", "a", 7)`,
	"lower":        `lower("TEXT")`,
	"upper":        `upper("text")`,
	"join":         `join(", ", ["a", "b"])`,
	"trimspace":    `trimspace(" text ")`,
	"base64encode": `base64encode("text")`,
}

func unknownFunction(name string) (summary, detail string) {
	names := slices.Sorted(maps.Keys(usages))
	if detail = suggest(name, names); detail == "" {
		detail = "There are " + and(names) + `; more can be called inside expr("…").`
	}
	return "There is no function " + name + ".", detail
}

// wrongCall tells why a function failed, or could not be called. Where it was
// one of ours, its own words are used; where another failed on a secret, or with
// a panic, its words may quote what they must not.
func wrongCall(d *hcl.Diagnostic, name string, cause error) (summary, detail string) {
	usage := "It is called like " + usages[name] + "."
	var f fault
	var panicked function.PanicError
	switch {
	case strings.HasPrefix(d.Summary, "Not enough"):
		return "The function " + name + " needs more arguments.", usage
	case strings.HasPrefix(d.Summary, "Too many"):
		return "The function " + name + " takes fewer arguments.", usage
	case errors.As(cause, &f):
		return f.summary, f.detail
	case cause != nil && (errors.As(cause, &panicked) || sensitiveCall(d)):
		return "The function " + name + " can't work on these values.", "They are not shown, since a secret may be among them. " + usage
	}
	return "The function " + name + " can't work on this: " + strings.TrimSuffix(behindColon(d.Detail), ".") + ".", usage
}

// ownWords tells whether a function of ours says what is wrong.
func ownWords(d *hcl.Diagnostic) bool {
	call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d)
	return ok && errors.As(call.FunctionCallError(), new(fault))
}

// sensitiveCall tells whether a failed call, or the argument that it failed
// for, has a secret in it.
func sensitiveCall(d *hcl.Diagnostic) bool {
	args := []hcl.Expression{d.Expression}
	if call, ok := d.Expression.(*hclsyntax.FunctionCallExpr); ok {
		args = nil
		for _, arg := range call.Args {
			args = append(args, arg)
		}
	}
	return slices.ContainsFunc(args, func(e hcl.Expression) bool {
		v, _ := e.Value(d.EvalContext)
		return v.ContainsMarked()
	})
}
