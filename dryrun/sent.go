package dryrun

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

// A sent is what one webhook would send for an event, looked at from outside.
type sent struct {
	method string
	url    string
	query  []pair
	header http.Header
	body   []byte
	json   *value // nil: the body is none
	form   []pair // nil: likewise

	message *outbound.Message // as a receiver sees it
	signing outbound.Signing

	answers []string    // for people, one an attempt: "200", "200 (success_when)"
	why     string      // what success_when has against the last of them
	state   event.State // in the end; Held: nothing is attempted
}

type pair struct{ name, value string }

// send makes the request of a test for one webhook, and its attempts.
func send(g *config.Generation, w *outbound.Webhook, t *config.Test, respond []outbound.Reply, version string) (*sent, error) {
	r, err := outbound.Compose(g.Plan, w, &t.Event, t.Now, version)
	if err != nil {
		return nil, err
	}
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	s := &sent{method: r.Method, url: r.URL.String(), query: pairs(r.URL.RawQuery), header: r.Header.Clone(), body: body, state: event.Held}
	s.message, s.signing = outbound.MessageOf(r, body), w.Sign
	s.header.Set("Host", r.Host)
	if r.Method != http.MethodGet {
		s.header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	switch s.header.Get("Content-Type") {
	case "application/json":
		if v, err := decode(body); err == nil {
			s.json = &v
		}
	case "application/x-www-form-urlencoded":
		s.form = pairs(string(body))
	}
	if w.Active {
		s.attempts(g.Plan, w, respond)
	}
	return s, nil
}

// attempts are what the schedule makes of the answers, on a clock that runs by
// itself. The last answer repeats; without any, it is 200.
func (s *sent) attempts(p *outbound.Plan, w *outbound.Webhook, respond []outbound.Reply) {
	if len(respond) == 0 {
		respond = []outbound.Reply{{Status: http.StatusOK}}
	}
	var age time.Duration
	for s.state = event.Pending; s.state == event.Pending; {
		charged := len(s.answers)
		if p.Expired(charged, age) {
			s.state = event.Failed
			return
		}
		reply := respond[min(charged, len(respond)-1)]
		course := p.Judge(w, reply, outbound.Past{Charged: charged, Age: age})
		s.answered(reply.Status, course)
		s.state, age = course.State, age+course.Wait
	}
}

func (s *sent) answered(status int, c outbound.Course) {
	answer := strconv.Itoa(status)
	if c.Class == event.SuccessWhen {
		answer += " (success_when)"
	}
	s.answers = append(s.answers, answer)
	s.why = c.Why
}

// pairs are the fields of a form or query, in order. What is not encoded as it
// should be is taken as it is.
func pairs(text string) []pair {
	all := []pair{}
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, text, _ := strings.Cut(part, "=")
		all = append(all, pair{unescaped(name), unescaped(text)})
	}
	return all
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// object has a member for each name, in the order of their first; a name that is
// repeated holds a list.
func object(all []pair) value {
	var names []string
	values := map[string][]string{}
	for _, p := range all {
		if !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
		values[p.name] = append(values[p.name], p.value)
	}
	out := jsonObject{}
	for _, name := range names {
		if texts := values[name]; len(texts) > 1 {
			out.add(name, listOf(texts))
		} else {
			out.add(name, quoted(texts[0]))
		}
	}
	v, _ := decode(out.end()) // it was made here
	return v
}

// headerValue is all that is sent under a name; null where nothing is.
func (s *sent) headerValue(name string) []byte {
	var values []string
	for sentAs, v := range s.header {
		if strings.EqualFold(sentAs, name) {
			values = append(values, v...)
		}
	}
	if values == nil {
		return []byte("null")
	}
	return quoted(strings.Join(values, ", "))
}

// signed tells whether the request bears the signature of its webhook's scheme.
func (s *sent) signed() bool {
	return s.signing.On() && s.header.Get(s.signing.By().Header) != ""
}

// checkSignature checks that the request is signed, with every key of its webhook.
func (s *sent) checkSignature(t *config.Test) error {
	if id := s.header.Get("webhook-id"); id != t.Event.ID {
		return fmt.Errorf("webhook-id is %q, not the id of the event", id)
	}
	for _, key := range s.signing.Keys {
		one := outbound.Signing{Scheme: s.signing.Scheme, Keys: []outbound.Key{key}}
		if err := one.Verify(s.message, t.Now, time.Second); err != nil {
			return err
		}
	}
	return nil
}

// A jsonObject is one being written.
type jsonObject struct{ out []byte }

func (o *jsonObject) add(name string, raw []byte) {
	open := byte(',')
	if len(o.out) == 0 {
		open = '{'
	}
	o.out = append(append(append(append(o.out, open), quoted(name)...), ':'), raw...)
}

func (o *jsonObject) end() []byte {
	if len(o.out) == 0 {
		return []byte("{}")
	}
	return append(o.out, '}')
}

// listOf is a list of texts as JSON.
func listOf(texts []string) []byte {
	out := []byte{'['}
	for i, text := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, quoted(text)...)
	}
	return append(out, ']')
}
