package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// A Test says what an event should lead to. Agents check tests and leave them
// alone; package dryrun runs them.
type Test struct {
	Name    string
	Place   Place // of the name
	Event   event.Event
	Data    *Wanted           // the event's, with places
	Now     time.Time         // the clock of the event and of the first attempt
	Env     map[string]string // all variables that there are, by name
	Expects []Expect          // each webhook that should match; none: nobody is told
	Asserts []Assert

	braces [2]hcl.Range
}

// An Expect is a webhook that should match, and what it should send. Nil fields
// ask for nothing.
type Expect struct {
	Webhook      string
	Place        Place
	Method       *Wanted // text
	URL          *Wanted // text, the query included
	Headers      *Wanted // an object of texts: these, and maybe others
	Query        *Wanted // an object of texts, and of lists of texts for repeated names: these, and no others
	JSON         *Wanted // the body as JSON, whole
	JSONContains *Wanted // likewise, of objects these members and maybe others
	Form         *Wanted // the body's fields, whole: as Query
	Body         *Wanted // text: the body byte for byte
	Signed       *Wanted // true or false
	OrderBy      *Wanted // text: the value of order_by; empty: in no order
	Attempts     *Wanted // a number: how many attempts there are in all

	Respond []outbound.Reply // what the receiver answers, one an attempt; empty: 200
}

// An Assert is a condition over all requests of a test.
type Assert struct {
	Condition *expr.Program // yields true or false
	Source    string
	Message   string // shown when it does not hold; may be empty
	Place     Place
}

// testEpoch is the clock of a test that names none.
var testEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// tests are read last: they name webhooks.
func (l *loader) tests(blocks []*hclsyntax.Block) {
	declared := map[string]hcl.Range{}
	for _, b := range blocks {
		name, at := b.Labels[0], b.LabelRanges[0]
		if before, twice := declared[name]; twice {
			l.fail(at, declaredAt(before), "The test %q is declared twice.", name)
			continue
		}
		declared[name] = at
		t := l.test(name, at, l.section(b.Body, b, testBody))
		t.braces = [2]hcl.Range{b.OpenBraceRange, b.CloseBraceRange}
		l.gen.Tests = append(l.gen.Tests, t)
	}
}

func (l *loader) test(name string, at hcl.Range, s *section) Test {
	t := Test{
		Name:  name,
		Place: placeOf(at),
		Now:   parsed(s, "now", testEpoch, parseMoment),
		Env:   l.testEnv(s),
	}
	l.testEvent(s, &t)
	named := map[string]hcl.Range{}
	for _, b := range s.blocks {
		switch b.Type {
		case "assert":
			if a, ok := l.assert(b); ok {
				t.Asserts = append(t.Asserts, a)
			}
		case "expect":
			if e, ok := l.expect(b, named); ok {
				t.Expects = append(t.Expects, e)
			}
		}
	}
	return t
}

func parseMoment(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fault{`This is a moment as in RFC 3339, such as "2026-01-31T12:00:00Z".`, ""}
	}
	return at, nil
}

func (l *loader) testEnv(s *section) map[string]string {
	env := map[string]string{}
	for _, f := range l.texts(s, "env") {
		if w := l.want(f.value); w != nil && w.scalar() {
			env[f.name] = w.Text
		} else if w != nil {
			l.fail(w.at, `Write env = { NAME = "…" }.`, "A variable is one text.")
		}
	}
	return env
}

func (l *loader) assert(b *hclsyntax.Block) (a Assert, ok bool) {
	if !l.labels(b, 0) {
		return a, false
	}
	s := l.section(b.Body, b, assertBody)
	if !s.require("condition") {
		return a, false
	}
	n := s.value("condition")
	if n == nil {
		return a, false
	}
	p, isProgram := n.(*program)
	if !isProgram {
		l.fail(n.at(), `Write condition = expr("requests.crm.json.total > 100").`, "A condition is an expression.")
		return a, false
	}
	a = Assert{Source: p.source, Message: s.open("message"), Place: placeOf(n.at())}
	a.Condition, ok = l.compile(p, expr.Bool)
	return a, ok
}

// expect reads what one webhook should send.
func (l *loader) expect(b *hclsyntax.Block, named map[string]hcl.Range) (e Expect, ok bool) {
	name, ok := l.labelled(b)
	s := l.section(b.Body, b, expectBody)
	if !ok {
		return e, false
	}
	at := b.LabelRanges[0]
	if before, twice := named[name]; twice {
		l.fail(at, standsAt(before), "This test expects %q twice.", name)
		return e, false
	}
	named[name] = at
	if _, declared := l.hooks[name]; !declared && l.hooks != nil && !l.partial {
		l.fail(at, suggestOr(name, namesOf(l.hooks), "There are"), "There is no webhook %q.", name)
	}
	return Expect{
		Webhook: name, Place: placeOf(at),
		Method:       l.wanted(s, "method", stringKind),
		URL:          l.wanted(s, "url", stringKind),
		Headers:      l.wantedHeaders(s),
		Query:        l.wantedFields(s, "query"),
		JSON:         l.wantedValue(s, "json"),
		JSONContains: l.wantedValue(s, "json_contains"),
		Form:         l.wantedFields(s, "form"),
		Body:         l.wanted(s, "body", stringKind),
		Signed:       l.wanted(s, "signed", boolKind),
		OrderBy:      l.wanted(s, "order_by", stringKind),
		Attempts:     l.wanted(s, "attempts", numberKind),
		Respond:      l.responses(s),
	}, true
}
