package dryrun

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/outbound"
)

// A check is an expected webhook beside what it sends.
type check struct {
	trial *trial
	want  *config.Expect
	hook  *outbound.Webhook
	got   *sent
	hide  *strings.Replacer // of literal secrets
}

// check compares all that a test asks of one webhook.
func (t *trial) check(e *config.Expect, w *outbound.Webhook, s *sent) {
	c := &check{trial: t, want: e, hook: w, got: s, hide: hider(t.world.literals(w))}
	c.value("method", e.Method, quoted(s.method))
	c.value("url", e.URL, quoted(s.url))
	c.headers()
	c.fields("query", e.Query, s.query)
	c.json("json", e.JSON, false)
	c.json("json_contains", e.JSONContains, true)
	c.form()
	c.value("body", e.Body, quoted(string(s.body)))
	c.signed()
	c.order()
	c.attempts()
}

// order compares what deliveries go one after the other by. It can be told: else
// the webhook would not have matched.
func (c *check) order() {
	if c.want.OrderBy == nil {
		return
	}
	key, err := c.hook.OrderKey(outbound.Scope(&c.trial.test.Event))
	if err != nil {
		c.fail(Failure{Place: c.want.Place, Text: "order_by: " + err.Error()})
		return
	}
	c.value("order_by", c.want.OrderBy, quoted(key))
}

func hider(texts []string) *strings.Replacer {
	var pairs []string
	for _, text := range texts {
		inner := quoted(text)
		pairs = append(pairs, text, hidden, string(inner[1:len(inner)-1]), hidden)
	}
	return strings.NewReplacer(pairs...)
}

// fail notes what differs. What holds a literal secret is masked, and not
// written into a test.
func (c *check) fail(f Failure) {
	f.Webhook = c.want.Webhook
	got := c.hide.Replace(f.Got)
	if got != f.Got {
		f.edit = nil
	}
	f.Wanted, f.Got, f.Text = c.hide.Replace(f.Wanted), got, c.hide.Replace(f.Text)
	if f.edit != nil && f.edit.Of != nil && !f.edit.Of.Rewritable() {
		f.edit = nil
	}
	c.trial.fail(f)
}

func (c *check) all(found []Failure) {
	for _, f := range found {
		c.fail(f)
	}
}

// value compares a single value.
func (c *check) value(name string, w *config.Wanted, got []byte) {
	if w == nil {
		return
	}
	v, _ := decode(got) // it was made here
	d := differ{}
	d.compare(w, v, name)
	c.all(d.found)
}

func (c *check) headers() {
	if c.want.Headers == nil {
		return
	}
	for _, f := range c.want.Headers.Fields {
		v, _ := decode(c.got.headerValue(f.Name)) // likewise
		d := differ{texts: true}
		d.compare(f.Value, v, "headers"+step(f.Name))
		for i := range d.found {
			switch {
			case v.isNull():
				d.found[i].Text, d.found[i].Got = "is not sent", ""
			case d.found[i].Wanted == "null":
				d.found[i].Text, d.found[i].Wanted = "is sent", ""
			}
		}
		c.all(d.found)
	}
}

// fields compares a whole query or form.
func (c *check) fields(name string, w *config.Wanted, got []pair) {
	if w == nil {
		return
	}
	d := differ{texts: true}
	d.compare(w, object(got), name)
	c.all(d.found)
}

func (c *check) json(name string, w *config.Wanted, part bool) {
	if w == nil {
		return
	}
	if c.got.json == nil {
		c.fail(Failure{Place: w.Place, What: name, Text: c.notBody("JSON"), Got: string(quoted(string(c.got.body)))})
		return
	}
	d := differ{part: part}
	d.compare(w, *c.got.json, name)
	c.all(d.found)
}

func (c *check) form() {
	w := c.want.Form
	if w != nil && c.got.form == nil {
		c.fail(Failure{Place: w.Place, What: "form", Text: c.notBody("a form"), Got: string(quoted(string(c.got.body)))})
		return
	}
	c.fields("form", w, c.got.form)
}

// notBody says what there is in place of a body of a kind.
func (c *check) notBody(kind string) string {
	if c.got.method == http.MethodGet {
		return "a GET has no body, its payload is in the query"
	}
	return "the body is not " + kind + ", it is " + c.got.header.Get("Content-Type")
}

func (c *check) signed() {
	w := c.want.Signed
	if w == nil {
		return
	}
	isSigned := c.got.signed()
	err := c.got.checkSignature(c.trial.test)
	if w.Text == "true" && isSigned && err != nil {
		c.fail(Failure{Place: w.Place, What: "signed", Text: "the signature is wrong: " + err.Error()})
		return
	}
	c.value("signed", w, strconv.AppendBool(nil, isSigned))
}

// attempts compares their number. Answers that nobody gets to see are a mistake
// in the test.
func (c *check) attempts() {
	made := len(c.got.answers)
	if unused := len(c.want.Respond) - made; unused > 0 {
		c.fail(Failure{Place: c.want.Place, What: "respond", Text: fmt.Sprintf("has %s, and there %s: %s",
			counted(len(c.want.Respond), "answer"), only(made), c.course()), Details: c.why()})
	}
	w := c.want.Attempts
	if w == nil || sameNumber(w.Text, strconv.Itoa(made)) {
		return
	}
	c.fail(Failure{Place: w.Place, What: "attempts", Text: fmt.Sprintf("wanted %s, got %d: %s", w.Text, made, c.course()), Details: c.why(),
		edit: &config.Edit{Of: w, JSON: strconv.AppendInt(nil, int64(made), 10)}})
}

func only(attempts int) string {
	if attempts == 1 {
		return "is only 1 attempt"
	}
	return fmt.Sprintf("are only %d attempts", attempts)
}

// course tells the attempts: "500, 200, delivered".
func (c *check) course() string {
	if c.got.answers == nil {
		return "the webhook is inactive, and its delivery is held"
	}
	return strings.Join(append(slices.Clone(c.got.answers), string(c.got.state)), ", ")
}

// why says what success_when has against the last answer.
func (c *check) why() []string {
	if c.got.why == "" {
		return nil
	}
	return []string{c.got.why}
}
