package expr

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// A subject is what the names of an expression belong to.
type subject int

const (
	anEvent  subject = iota // any name is a member of its data
	anAnswer                // of a receiver: there are no names but answerMembers
)

// answerMembers are what a criterion can ask for.
var answerMembers = []string{"status", "headers", "body"}

// answers are like this one: nothing is known of a body.
var answers = &Sample{shape: &shape{kinds: objectKind, members: map[string]*shape{
	"status":  some(numberKind),
	"headers": objectOf(some(textKind).orNull()),
	"body":    anything,
}}}

// A Criterion is an expression over a receiver's answer that yields true or
// false. It is immutable and safe for concurrent use.
type Criterion struct {
	program *Program
	body    bool
}

// CompileCriterion checks src as Compile does, and at once for all that can be
// known of an answer, so that what is asked of it, such as contact.email, is
// there. Its errors are of type *Error.
func CompileCriterion(src string) (*Criterion, error) {
	p, err := compileOver(anAnswer, src, Bool)
	if err != nil {
		return nil, err
	}
	if mistakes := p.Check(answers, Bool); len(mistakes) > 0 {
		return nil, mistakes[0]
	}
	asks := func(path string) bool { return strings.HasPrefix(path, "body") }
	return &Criterion{program: p, body: slices.ContainsFunc(p.Reads(), asks)}, nil
}

// Source is the text that was compiled.
func (c *Criterion) Source() string { return c.program.Source() }

// ReadsBody tells whether it asks for the body. That of nil doesn't.
func (c *Criterion) ReadsBody() bool { return c != nil && c.body }

// An Answer is what a receiver answered.
type Answer struct {
	Status  int
	Headers map[string][]string // names in any case
	Body    []byte              // null to a criterion unless it is one JSON text in UTF-8
}

// Met tells what the criterion says of an answer. Anything but true and false is
// an error; like those of Program.Bool, errors hold nothing of the answer.
func (c *Criterion) Met(a Answer) (bool, error) {
	return c.program.Bool(NewScope(Event{Data: a.document()}))
}

// document is the answer as the JSON that paths are looked up in.
func (a *Answer) document() []byte {
	dst := append(strconv.AppendInt([]byte(`{"status":`), int64(a.Status), 10), `,"headers":{`...)
	byName := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		lower := strings.ToLower(name)
		byName[lower] = append(byName[lower], a.Headers[name]...)
	}
	for i, name := range slices.Sorted(maps.Keys(byName)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = appendString(dst, strings.Join(byName[name], ", "))
	}
	dst = append(dst, `},"body":`...)
	body := bytes.TrimPrefix(a.Body, []byte("\uFEFF"))
	if !utf8.Valid(body) || !json.Valid(body) {
		body = []byte("null")
	}
	return append(append(dst, body...), '}')
}

// refuseName is for what is no part of an answer.
func (r *resolver) refuseName(n *ast.IdentifierNode) {
	hint := suggest(n.Value, answerMembers)
	switch before := r.at(n.Location(), "", "").Offset; {
	case hint != "":
	case strings.HasSuffix(string(r.source[:before]), "-"):
		hint = `the name of a header with a - in it stands in brackets: headers["content-type"]`
	default:
		hint = "this expression sees status, headers and body of the answer, and nothing of the event"
	}
	r.refuse(n, "an answer has no "+strconv.Quote(n.Value), hint)
}

// header refuses a name that no header has: they are in lower case.
func (r *resolver) header(n *ast.MemberNode) {
	from, isMember := n.Node.(*ast.MemberNode)
	name, isText := n.Property.(*ast.StringNode)
	if !isMember || !isText || name.Value == strings.ToLower(name.Value) {
		return
	}
	root, isName := from.Node.(*ast.IdentifierNode)
	of, _ := from.Property.(*ast.StringNode)
	if isName && root.Value == dataRoot && of != nil && of.Value == "headers" {
		r.refuse(n.Property, "names of headers are in lower case here", "write headers["+strconv.Quote(strings.ToLower(name.Value))+"]")
	}
}
