package outbound

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

// The headers of every request, as http.Header spells them.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerEvent     = "Webhook-Event"
)

const largestRequest = 4 << 20 // bytes of URL, headers and body

var errTooLarge = fmt.Errorf("the request is larger than %d MiB", largestRequest>>20)

// A request is one attempt's, ready to be sent.
type request struct {
	began  time.Time // the attempt
	said   *event.Said
	method string
	url    *url.URL
	header http.Header
	body   []byte
}

// prepare makes the request of one attempt: what is said from the first failed
// attempt, if there was one, and where it goes from the plan in force. Errors
// are mapping failures, or errTooLarge.
func prepare(p *Plan, w *Webhook, d *event.Delivery, s *expr.Scope, at time.Time, agent string) (*request, error) {
	secrets := p.secret
	said := d.Said
	if said == nil {
		var err error
		if said, err = say(w, s); err != nil {
			return nil, err
		}
	}
	payload, err := fill(said, d.Event, secrets)
	if err != nil {
		return nil, err
	}
	r := &request{began: at, said: said, method: said.Method, header: http.Header{}}
	if r.url, err = w.URL.render(s); err != nil {
		return nil, err
	}
	if err := r.addQuery(w.Query, s, secrets); err != nil {
		return nil, err
	}
	if said.Method == http.MethodGet {
		r.url.RawQuery = joinQuery(r.url.RawQuery, string(payload))
	} else {
		r.body = payload
	}
	r.setStandard(said, d.Event, at, agent)
	if w.Sign.On() {
		w.Sign.Sign(&Message{Method: r.method, URL: r.url, Header: r.header, Body: r.body})
	}
	if err := r.addHeaders(w, s, secrets); err != nil {
		return nil, err
	}
	if r.size() > largestRequest {
		return nil, errTooLarge
	}
	return r, nil
}

func (p *Plan) secret(name string) (string, bool) {
	t, ok := p.Secrets[name]
	return t.Reveal(), ok
}

// addQuery puts the webhook's own pairs behind those of its URL.
func (r *request) addQuery(pairs []Pair, s *expr.Scope, secrets func(string) (string, bool)) error {
	for _, p := range pairs {
		value, null, err := p.Value.Render(s, secrets, nil)
		if err != nil {
			return fmt.Errorf("query %s: %w", p.Name, err)
		}
		if !null {
			r.url.RawQuery = joinQuery(r.url.RawQuery, url.QueryEscape(p.Name)+"="+url.QueryEscape(value))
		}
	}
	return nil
}

func joinQuery(a, b string) string {
	if a == "" || b == "" || strings.HasSuffix(a, "&") {
		return a + b
	}
	return a + "&" + b
}

func (r *request) setStandard(said *event.Said, e *event.Event, at time.Time, agent string) {
	// The names are canonical, and the values share one array.
	values := [...]string{agent, "identity", e.ID, strconv.FormatInt(at.Unix(), 10), headerSafe(e.Type), said.ContentType}
	for i, name := range [...]string{"User-Agent", "Accept-Encoding", headerID, headerTimestamp, headerEvent, "Content-Type"} {
		if values[i] != "" || name != "Content-Type" {
			r.header[name] = values[i : i+1 : i+1]
		}
	}
	r.setTrace(e.Trace)
}

// setTrace passes the event's trace on as it came: an attempt is no span of ours
// that somebody could look up.
func (r *request) setTrace(t event.Trace) {
	if t.Parent == "" {
		return
	}
	r.header.Set("traceparent", t.Parent)
	if t.State != "" {
		r.header.Set("tracestate", t.State)
	}
}

// addHeaders sets the webhook's own headers and its credentials.
func (r *request) addHeaders(w *Webhook, s *expr.Scope, secrets func(string) (string, bool)) error {
	for _, h := range w.Headers {
		value, null, err := h.Value.Render(s, secrets, nil)
		if err != nil {
			return fmt.Errorf("header %s: %w", h.Name, err)
		}
		if null {
			continue
		}
		if err := r.setHeader(h.Name, value); err != nil {
			return err
		}
	}
	switch a := w.Auth; a.Kind {
	case BasicAuth:
		return r.setHeader("Authorization", a.basic())
	case BearerAuth:
		return r.setHeader("Authorization", "Bearer "+a.Token.Reveal())
	case OAuth2:
		if !a.Token.Empty() { // of a dry run: a real one is had when the request is sent
			return r.setHeader("Authorization", "Bearer "+a.Token.Reveal())
		}
	case HeaderAuth:
		return r.setHeader(a.Header, a.Value.Reveal())
	}
	return nil
}

func (r *request) setHeader(name, value string) error {
	if HasControl(value) {
		return fmt.Errorf("header %s: its value holds a control character, such as a line end", name)
	}
	r.header.Set(name, value)
	return nil
}

// basic is the credentials of RFC 7617, in UTF-8.
func (a *Auth) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.Username+":"+a.Password.Reveal()))
}

func (r *request) size() int {
	u := r.url
	n := len(u.Scheme) + len("://") + len(u.Host) + len(u.EscapedPath()) + len("?") + len(u.RawQuery) + len(r.body)
	for name, values := range r.header {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// http is the request as it is sent.
func (r *request) http(ctx context.Context) *http.Request {
	req := &http.Request{Method: r.method, URL: r.url, Host: r.url.Host, Header: r.header, Body: http.NoBody}
	if len(r.body) > 0 {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(r.body)), int64(len(r.body))
	}
	return req.WithContext(ctx)
}
