package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/posternhq/postern/internal/inert"
)

// ErrUnreachable says that no console answers where it was looked for.
var ErrUnreachable = errors.New("agent not reachable")

// A Refusal is a console's no. It wraps the error that the agent gave, where
// that is one of this package's or of the queue's.
type Refusal struct {
	Status int    // of HTTP
	Reason string // one word, such as "leased"; empty for an error within the agent
	Detail string // for people

	body []byte
}

func (r *Refusal) Error() string {
	if r.Detail == "" {
		return fmt.Sprintf("the agent answered %d %s", r.Status, http.StatusText(r.Status))
	}
	return r.Detail
}

func (r *Refusal) Unwrap() error {
	for _, known := range refusals {
		if known.reason == r.Reason {
			return known.err
		}
	}
	return nil
}

// A request is one call of the API.
type request struct {
	method string // empty: GET
	path   string // escaped
	query  url.Values
	body   any // as JSON; nil: none

	patience time.Duration // at least so long, whatever the client's
}

// answered is what came back, whole.
type answered struct {
	status int
	kind   string // media type
	body   []byte
}

// at is a path of the API.
func at(segments ...string) string {
	p := "/api/v1"
	for _, s := range segments {
		p += "/" + url.PathEscape(s)
	}
	return p
}

// call sends q and reads the answer as a T.
func call[T any](ctx context.Context, c *Client, q request) (T, error) {
	var v T
	if path.Clean(q.path) != q.path { // an id that is empty or dots would lead elsewhere
		return v, &Refusal{Status: http.StatusNotFound, Reason: "not_found", Detail: "not found: that can't be an id or a name"}
	}
	a, err := c.send(ctx, q)
	switch {
	case err != nil:
		return v, err
	case a.status == http.StatusNoContent:
		return v, nil
	case a.status != http.StatusOK && a.status != http.StatusAccepted, a.kind != "application/json":
		return v, c.refusal(a)
	}
	if json.Unmarshal(a.body, &v) != nil {
		return v, c.stranger(a)
	}
	return v, nil
}

// maxAnswer is far above any answer of ours: what answers may be another program.
const maxAnswer = 64 << 20

func (c *Client) send(ctx context.Context, q request) (answered, error) {
	var body io.Reader
	if q.body != nil {
		text, err := json.Marshal(q.body)
		if err != nil {
			return answered{}, fmt.Errorf("request to the agent: %w", err)
		}
		body = bytes.NewReader(text)
	}
	u := "http://" + c.host + q.path
	if len(q.query) > 0 {
		u += "?" + q.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, q.method, u, body)
	if err != nil {
		return answered{}, fmt.Errorf("%q is not the address of a console: host:port is wanted", c.dial.Address)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if !c.dial.Token.Empty() {
		r.Header.Set("Authorization", "Bearer "+c.dial.Token.Reveal())
	}
	h := c.http
	h.Timeout = max(h.Timeout, q.patience)
	w, err := h.Do(r)
	if err != nil {
		return answered{}, c.unreachable(ctx, h.Timeout, err)
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(w.Body, maxAnswer))
	if err != nil {
		return answered{}, c.unreachable(ctx, h.Timeout, err)
	}
	kind, _, _ := mime.ParseMediaType(w.Header.Get("Content-Type")) // none of ours without
	return answered{w.StatusCode, kind, text}, nil
}

// refusal reads a problem.
func (c *Client) refusal(a answered) error {
	var p struct{ Type, Detail string }
	if a.kind != "application/problem+json" || json.Unmarshal(a.body, &p) != nil {
		return c.stranger(a)
	}
	reason, _ := strings.CutPrefix(p.Type, "urn:postern:problem:")
	return &Refusal{Status: a.status, Reason: reason, Detail: inert.Text(p.Detail), body: a.body}
}

// stranger says that what answers doesn't speak as we do.
func (c *Client) stranger(a answered) error {
	return fmt.Errorf("%w: what answers at %s (status %d) is not a Postern console; is this the address of the event API, or of another program?",
		ErrUnreachable, c.dial.Address, a.status)
}

// unreachable says what stood in the way, and what to do about it.
func (c *Client) unreachable(ctx context.Context, patience time.Duration, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var timeout net.Error
	var code syscall.Errno
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: %s did not answer within %s", ErrUnreachable, c.dial.Address, patience)
	case errors.As(err, &code):
		return fmt.Errorf("%w: nothing answers at %s: %w; is it running, and is this the address of its console?", ErrUnreachable, c.dial.Address, code)
	}
	var within *url.Error
	if errors.As(err, &within) {
		err = within.Err
	}
	return fmt.Errorf("%w: %s: %w", ErrUnreachable, c.dial.Address, err)
}
