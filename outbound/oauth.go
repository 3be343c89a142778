package outbound

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/posternhq/postern/internal/secret"
)

const (
	mostTokenAnswer = 64 << 10         // bytes
	tokenTimeout    = 10 * time.Second // to get one, within the attempt's own time
)

// OAuth are client credentials (RFC 6749, section 4.4).
type OAuth struct {
	TokenURL     *URL // the same for every event
	ClientID     string
	ClientSecret secret.Text
	Scopes       []string
	Audience     string // empty: none
}

// key tells credentials apart.
func (o *OAuth) key() string {
	h := sha256.New()
	target, _ := o.TokenURL.render(nil) // nothing in it can fail
	fmt.Fprintf(h, "%q %q %q %q %q", target, o.ClientID, o.ClientSecret.Reveal(), o.Scopes, o.Audience)
	return hex.EncodeToString(h.Sum(nil))
}

// request asks the server for a token. style is how it wants to be told the
// client's secret.
func (o *OAuth) request(ctx context.Context, way http.RoundTripper, agent string, style oauth2.AuthStyle) (*oauth2.Token, error) {
	target, err := o.TokenURL.render(nil)
	if err != nil {
		return nil, err
	}
	c := clientcredentials.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), TokenURL: target.String(),
		Scopes: o.Scopes, AuthStyle: style,
	}
	if o.Audience != "" {
		c.EndpointParams = url.Values{"audience": {o.Audience}}
	}
	client := &http.Client{
		Transport:     &tokenTransport{way, agent},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
}

// A tokenTransport says who we are, and bounds what it reads.
type tokenTransport struct {
	way   http.RoundTripper
	agent string
}

func (t *tokenTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", t.agent)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Accept-Encoding", "identity")
	resp, err := t.way.RoundTrip(r)
	if err != nil {
		return nil, stageOf(r.Context()).late(r.Context(), err)
	}
	resp.Body = &boundedBody{io.LimitReader(resp.Body, mostTokenAnswer), resp.Body}
	return resp, nil
}

type boundedBody struct {
	io.Reader
	io.Closer
}

// A tokenError says why there is no token, in our words: what the server says is
// not repeated, but for the error's code.
type tokenError struct{ text string }

func (e *tokenError) Error() string { return "no token: " + e.text }

func newTokenError(err error, s *stage) error {
	var refused *oauth2.RetrieveError
	var transport *url.Error
	switch {
	case errors.As(err, &refused):
		return &tokenError{refusal(refused)}
	case errors.As(err, &transport):
		_, text := classify(transport.Err, s, 0)
		return &tokenError{text}
	case errors.Is(err, context.DeadlineExceeded):
		return &tokenError{"waiting for it took too long"}
	}
	return &tokenError{"what the token server answered holds none"}
}

func refusal(e *oauth2.RetrieveError) string {
	text := fmt.Sprintf("the token server answered %d", e.Response.StatusCode)
	if known := http.StatusText(e.Response.StatusCode); known != "" {
		text += " " + known
	}
	if isErrorCode(e.ErrorCode) {
		text += " (" + e.ErrorCode + ")"
	}
	return text
}

// isErrorCode knows words such as invalid_client.
func isErrorCode(code string) bool {
	return code != "" && len(code) <= 40 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// wantsOther tells whether a server may not have understood how the client's
// secret was given: RFC 6749 asks it to take HTTP Basic, and some take the form
// alone.
func wantsOther(err error) bool {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && (refused.Response.StatusCode == http.StatusUnauthorized || refused.Response.StatusCode == http.StatusBadRequest)
}
