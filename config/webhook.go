package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/time/rate"

	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

const maxWebhooks = 1000

// defaults reads the block that webhooks fall back on. Its values are checked
// even if no webhook uses them.
func (l *loader) defaults(b *hclsyntax.Block) {
	if b == nil {
		return
	}
	s := l.section(b.Body, b, webhookBody)
	w := l.destination(s).webhook
	if n := s.node("secret"); n != nil && !isEmpty(n) { // each webhook keeps its own
		l.keys(n, w.Sign.Scheme)
	}
	l.checkMarkers(s.node("payload"))
	l.checkPlaceholders(s)
	l.checkScheme(s, w)
	l.fallback = s
}

// webhooks reads them in the order of the files.
func (l *loader) webhooks(blocks []*hclsyntax.Block) {
	if len(blocks) > maxWebhooks {
		l.fail(blocks[maxWebhooks].DefRange(), "Run a second agent, or merge webhooks that go to one receiver.", "There are %d webhooks; at most %d are taken.", len(blocks), maxWebhooks)
		return
	}
	l.hooks = map[string]hcl.Range{}
	for _, b := range blocks {
		name, ok := l.labelled(b)
		if before, twice := l.hooks[name]; ok && twice {
			l.fail(b.LabelRanges[0], declaredAt(before), "The webhook %q is declared twice.", name)
		} else if ok {
			l.hooks[name] = b.LabelRanges[0]
		}
		l.webhook(name, l.section(b.Body, b, webhookBody).over(l.fallback))
	}
	l.failTypes()
}

// webhook reads one, and checks what its settings are to one another.
func (l *loader) webhook(name string, s *section) {
	d := l.destination(s)
	w := d.webhook
	w.Name = name
	w.Sign.Keys, d.signing = l.sign(name, s, w.Sign.Scheme)
	if !l.partial || l.fallback != nil {
		s.require("url")
		s.require("events")
	}
	l.checkMarkers(s.node("payload"))
	l.checkPlaceholders(s)
	l.checkTypes(s, w)
	l.checkScheme(s, w)
	l.checkGet(s, w)
	l.checkHeaders(s, w)
	l.checkSignature(s, w)
	l.checkForm(s, w)
	l.checkOrder(s)
	l.checkTLS(s, w)
	if l.errors > 0 {
		return
	}
	settings := l.settingsOf(s, d)
	w.Fingerprint = fingerprint(settings)
	l.gen.settings[name] = settings
	l.gen.Plan.Webhooks[name] = w
	l.gen.match.add(w, digest(settings))
}

// A destination is a webhook together with what can't be seen in it any more.
type destination struct {
	webhook *outbound.Webhook
	url     expr.Text
	signing []string
}

// destination reads all settings that need no name.
func (l *loader) destination(s *section) *destination {
	w := &outbound.Webhook{
		Description:     s.open("description"),
		Method:          chosen(s, "method", parseMethod),
		Encoding:        chosen(s, "content_type", parseContentType),
		Form:            l.form(s),
		Payload:         l.payload(s),
		Filter:          l.filter(s),
		Events:          l.subscriptions(s),
		Headers:         l.headers(s),
		Query:           l.query(s),
		Auth:            l.auth(s),
		TLS:             l.tls(s),
		Sign:            outbound.Signing{Scheme: l.signature(s)},
		Active:          s.boolean("active"),
		SkipInactive:    s.choice("on_inactive") == "skip",
		LogResponseBody: s.boolean("log_response_body"),
		Timeout:         s.duration("timeout"),
		Concurrency:     s.integer("concurrency"),
		RateLimit:       parsed(s, "rate_limit", rate.Inf, parseRate),
		OrderBy:         l.orderBy(s),
		OrderHold:       s.choice("on_order_failure") == "hold",
		Retry:           l.retry(s),
		Circuit:         l.circuit(s),
		SuccessWhen:     l.criterion(s),
	}
	if w.Method == "GET" {
		w.Encoding = outbound.Form
	}
	d := &destination{webhook: w}
	w.URL, d.url = l.url(s)
	return d
}

func parseMethod(text string) (string, error) {
	switch method := strings.ToUpper(text); method {
	case "POST", "GET", "PUT", "PATCH":
		return method, nil
	}
	return "", fault{"method is POST or GET; PUT and PATCH are taken too.", suggest(text, []string{"POST", "GET", "PUT", "PATCH"})}
}

func parseContentType(text string) (outbound.Encoding, error) {
	switch strings.ToLower(text) {
	case "json", "application/json":
		return outbound.JSON, nil
	case "form", "application/x-www-form-urlencoded":
		return outbound.Form, nil
	}
	return 0, fault{`content_type is "json" or "form".`, suggest(text, []string{"json", "form"})}
}

// filter is expr("…") that yields true or false.
func (l *loader) filter(s *section) *expr.Program {
	n := s.node("filter")
	if n == nil {
		return nil
	}
	p, ok := n.(*program)
	if !ok {
		l.fail(n.at(), "Write filter = "+asExpr(n, "contact.country == 'DE'")+".", "A filter is an expression.")
		return nil
	}
	compiled, _ := l.compile(p, expr.Bool)
	return compiled
}

// orderBy is expr("…") that yields what can be written as text.
func (l *loader) orderBy(s *section) *expr.Program {
	n := s.node("order_by")
	if n == nil {
		return nil
	}
	p, ok := n.(*program)
	if !ok {
		l.fail(n.at(), "Write order_by = "+asExpr(n, "contact.id")+".", "order_by is an expression.")
		return nil
	}
	compiled, _ := l.compile(p, expr.Scalar)
	return compiled
}

// checkOrder warns of a policy that nothing is ordered by.
func (l *loader) checkOrder(s *section) {
	if a := s.own["on_order_failure"]; a != nil && s.node("order_by") == nil && !l.partial {
		l.warn(a.NameRange, `Write order_by = expr("contact.id") beside it, or remove it.`, "on_order_failure has no effect: without order_by there is no order.")
	}
}

// criterion is expr("…") over an answer that yields true or false.
func (l *loader) criterion(s *section) *expr.Criterion {
	n := s.node("success_when")
	if n == nil {
		return nil
	}
	p, ok := n.(*program)
	if !ok {
		l.fail(n.at(), "Write success_when = "+asExpr(n, "status < 300 && body?.ok != false")+".", "success_when is an expression.")
		return nil
	}
	c, err := expr.CompileCriterion(p.source)
	if err != nil {
		l.failCompile(p, err)
	}
	return c
}

func (l *loader) retry(s *section) outbound.Retry {
	s = s.nested("retry", retryBody)
	if s == nil {
		b := none("retry")
		s = l.section(b.Body, b, retryBody)
	}
	t := taken[takesList](s, "schedule")
	r := outbound.Retry{
		Schedule:      schedule,
		Permanent:     each(s, "permanent", parseStatus),
		MaxRetryAfter: s.duration("max_retry_after"),
	}
	if items, ok := s.items("schedule"); ok {
		r.Schedule = each(s, "schedule", durationOf("A wait", t.of.(takesDuration)))
		if len(items) > t.most {
			l.fail(s.at("schedule"), "Use fewer and longer ones.", "A schedule has at most %d waits.", t.most)
		}
	}
	return r
}

func (l *loader) circuit(s *section) outbound.Circuit {
	s = s.nested("circuit", circuitBody)
	if s == nil {
		b := none("circuit")
		s = l.section(b.Body, b, circuitBody)
	}
	return outbound.Circuit{Failures: s.integer("failures"), ProbeAfter: s.duration("probe_after"), MaxWait: s.duration("max_wait")}
}

func (l *loader) form(s *section) (style outbound.FormStyle) {
	if s = s.nested("form", formBody); s == nil {
		return style
	}
	style.Lists = chosen(s, "lists", func(text string) (outbound.ListStyle, error) {
		if i := slices.Index(listStyles, text); i >= 0 {
			return outbound.ListStyle(i), nil
		}
		return 0, fault{fmt.Sprintf("lists is %s.", oneOf(listStyles)), suggest(text, listStyles)}
	})
	if style.Field = s.open("field"); style.Field == "" && s.node("field") != nil && !l.in.NoEnv {
		l.fail(s.at("field"), "", "field is the name of a form field.")
	}
	return style
}

// checkForm warns of a form's shape that nothing is written in.
func (l *loader) checkForm(s *section, w *outbound.Webhook) {
	if b := s.child("form"); b != nil && w.Encoding == outbound.JSON && !l.partial {
		l.warn(b.DefRange(), `Set content_type = "form", or remove it.`, "This form block has no effect: the payload is sent as JSON.")
	}
}

// nested is an inner block that may stand once, here or in defaults, and falls
// back on that of defaults attribute by attribute; nil if there is none.
func (s *section) nested(kind string, shape bodyShape) *section {
	own, behind := s.child(kind), s.fallback.child(kind)
	for _, b := range []*hclsyntax.Block{own, behind} {
		if b != nil && !s.l.labels(b, 0) {
			return nil
		}
	}
	switch {
	case own == nil && behind == nil:
		return nil
	case own == nil:
		return s.l.section(behind.Body, behind, shape)
	case behind == nil:
		return s.l.section(own.Body, own, shape)
	}
	return s.l.section(own.Body, own, shape).over(s.l.section(behind.Body, behind, shape))
}
