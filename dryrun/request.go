package dryrun

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

// A Request is what a first attempt would send, without its secrets.
type Request struct {
	Method  string   `json:"method"`
	URL     string   `json:"url"`
	Headers []Header `json:"headers"` // by name
	Body    string   `json:"body"`    // empty for GET

	// Signed is the text under the signature; empty of an unsigned request. The
	// signature itself is of the real one.
	Signed string `json:"signed"`

	// Curl is a command that sends it. Secrets are shell variables, or read from
	// their files.
	Curl string `json:"curl"`

	signatures []string // headers that are the signature's
}

type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// newRequest makes the request twice: as it would be sent, for its signature
// and its errors, and with marks for its secrets.
func newRequest(g *config.Generation, w *outbound.Webhook, e *event.Event, o Options) (*Request, error) {
	real, err := outbound.Compose(g.Plan, w, e, o.Time, o.Version)
	if err != nil {
		return nil, err
	}
	settings := g.Settings(w.Name)
	m := newMasks(e, settings)
	plan := m.plan(g.Plan)
	marked, err := m.webhook(w, plan, settings)
	if err != nil {
		return nil, err
	}
	sent, err := outbound.Compose(plan, marked, e, o.Time, o.Version)
	if err != nil {
		return nil, err
	}
	body, err := bodyOf(sent)
	if err != nil {
		return nil, err
	}
	r := &Request{Method: sent.Method, URL: m.masked(sent.URL.String()), Body: m.masked(string(body))}
	if w.Sign.On() {
		r.Signed = m.masked(string(w.Sign.By().Signed(outbound.MessageOf(sent, body))))
		for _, name := range w.Sign.By().Headers() {
			sent.Header.Set(name, real.Header.Get(name))
			r.signatures = append(r.signatures, http.CanonicalHeaderKey(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sent.Header)) {
		value := strings.Join(sent.Header[name], ", ")
		if isBasic(name, value) {
			value = "Basic " + hidden
		}
		r.Headers = append(r.Headers, Header{name, m.masked(value)})
	}
	r.Curl = curl(sent, string(body), marked.Auth, m)
	return r, nil
}

// bodyOf reads a body that was composed; an empty POST has none.
func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	return io.ReadAll(r.Body)
}

func isBasic(name, value string) bool {
	return name == "Authorization" && strings.HasPrefix(value, "Basic ")
}
