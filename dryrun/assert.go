package dryrun

import (
	"strconv"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// asserts checks the conditions over all requests of a test.
func (t *trial) asserts() {
	if len(t.test.Asserts) == 0 {
		return
	}
	data := t.picture()
	seen := outbound.Visible(&t.test.Event)
	seen.Data = data
	scope := expr.NewScope(seen)
	sample, err := expr.NewSample(data)
	if err != nil {
		return // it was made here
	}
	for i := range t.test.Asserts {
		t.assert(&t.test.Asserts[i], sample, scope)
	}
}

// assert fails what does not hold, what asks for something that isn't there, and
// what can't fail.
func (t *trial) assert(a *config.Assert, sample *expr.Sample, scope *expr.Scope) {
	hide := hider(t.allLiterals())
	fail := func(text string, details ...string) {
		if a.Message != "" {
			details = append([]string{text}, details...)
			text = a.Message
		}
		for i := range details {
			details[i] = hide.Replace(details[i])
		}
		t.fail(Failure{Place: a.Place, What: "assert", Text: text, Details: details})
	}
	reads := saw(a.Condition, scope)
	t.seen.asked(t.base, reads)
	if len(reads) == 0 {
		fail("this condition asks for nothing of the test, and so can't fail")
		return
	}
	if mistakes := a.Condition.Check(sample, expr.Bool); len(mistakes) > 0 {
		for _, m := range mistakes {
			var hint []string
			if m.Hint != "" {
				hint = append(hint, m.Hint)
			}
			fail(m.Message, hint...)
		}
		return
	}
	switch holds, err := a.Condition.Bool(scope); {
	case err != nil:
		fail(err.Error(), shown(reads)...)
	case !holds:
		fail(a.Source+" does not hold", shown(reads)...)
	}
}

func (t *trial) allLiterals() (texts []string) {
	for _, name := range t.matched {
		texts = append(texts, t.world.literals(t.world.g.Plan.Webhooks[name])...)
	}
	return texts
}

// shown is what a condition read, for people: `contact.country = "DE"`.
func shown(read []Seen) []string {
	lines := make([]string, 0, len(read))
	for _, r := range read {
		lines = append(lines, r.Path+" = "+excerpt(string(r.Value), 0))
	}
	return lines
}

// picture is what a condition sees: what matched, what was sent, and the data of
// the event as input.
func (t *trial) picture() []byte {
	requests := jsonObject{}
	for _, name := range t.matched {
		if s := t.sent[name]; s != nil {
			requests.add(name, s.picture())
		}
	}
	all := jsonObject{}
	all.add("matched", listOf(t.matched))
	all.add("requests", requests.end())
	all.add("input", t.test.Event.Data)
	return all.end()
}

func (s *sent) picture() []byte {
	o := jsonObject{}
	o.add("method", quoted(s.method))
	o.add("url", quoted(s.url))
	headers := []pair{}
	for name := range s.header {
		headers = append(headers, pair{strings.ToLower(name), strings.Join(s.header[name], ", ")})
	}
	o.add("headers", object(headers).raw)
	o.add("query", object(s.query).raw)
	o.add("body", quoted(string(s.body)))
	o.add("json", null(s.json))
	if s.form == nil {
		o.add("form", null(nil))
	} else {
		o.add("form", object(s.form).raw)
	}
	o.add("signed", strconv.AppendBool(nil, s.signed()))
	o.add("attempts", strconv.AppendInt(nil, int64(len(s.answers)), 10))
	o.add("state", quoted(string(s.state)))
	return o.end()
}

func null(v *value) []byte {
	if v == nil {
		return []byte("null")
	}
	return v.raw
}
