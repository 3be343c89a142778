package outbound

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/posternhq/postern/expr"
)

// A URL is a webhook's address: scheme, host and port are fixed at load, path
// and query may hold values from the event, escaped where they stand. It
// prints without its secrets.
type URL struct {
	scheme    string
	host      string // with its port
	authority string // as it is sent: without the scheme's own port
	path      []piece
	query     expr.Text
	names     []string
	shown     string
}

// A piece of a path is fixed text, or one segment that an event has a say in.
type piece struct {
	fixed   string
	segment *expr.Text
}

// NewURL checks text. secrets finds values by name. Errors are in the user's
// words, without any secret, and say what to do: userinfo, fragment, control
// characters, no or bad host, bad port, an expression before the path. Whether
// plain http is allowed is the caller's question: see Scheme.
func NewURL(text expr.Text, secrets func(name string) (string, bool)) (*URL, error) {
	u := &URL{shown: show(text), names: literalNames(text)}
	parts, err := reveal(text, secrets)
	if err != nil {
		return nil, err
	}
	rest, err := u.readOrigin(parts)
	if err != nil {
		return nil, err
	}
	if err := u.readTarget(rest); err != nil {
		return nil, err
	}
	return u, nil
}

// Scheme is "https" or "http".
func (u *URL) Scheme() string { return u.scheme }

// Host is host:port; the port is always there.
func (u *URL) Host() string { return u.host }

// String is the URL for people: secrets as (sensitive), expressions as ${…}.
func (u *URL) String() string { return u.shown }

// Format prints what String says, whatever the verb.
func (u *URL) Format(f fmt.State, _ rune) {
	if u == nil {
		_, _ = f.Write([]byte("<nil>"))
		return
	}
	_, _ = f.Write([]byte(u.shown))
}

// QueryNames are the literal names in its query.
func (u *URL) QueryNames() []string { return u.names }

// render makes the URL of one event. Errors are mapping failures.
func (u *URL) render(s *expr.Scope) (*url.URL, error) {
	path, err := u.renderPath(s)
	if err != nil {
		return nil, err
	}
	query, _, err := u.query.Render(s, nil, url.QueryEscape)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, errors.New("url: its path is not well escaped")
	}
	return &url.URL{Scheme: u.scheme, Host: u.authority, Path: plain, RawPath: path, RawQuery: query}, nil
}

func (u *URL) renderPath(s *expr.Scope) (string, error) {
	if len(u.path) == 1 && u.path[0].segment == nil {
		return u.path[0].fixed, nil
	}
	var path strings.Builder
	for _, p := range u.path {
		if p.segment == nil {
			path.WriteString(p.fixed)
			continue
		}
		segment, err := renderSegment(*p.segment, s)
		if err != nil {
			return "", err
		}
		path.WriteString(segment)
	}
	return path.String(), nil
}

// renderSegment keeps one segment one segment: a value can't climb or vanish.
func renderSegment(t expr.Text, s *expr.Scope) (string, error) {
	segment, null, err := t.Render(s, nil, url.PathEscape)
	if err != nil {
		return "", fmt.Errorf("url: %w", err)
	}
	plain, err := url.PathUnescape(segment)
	if err != nil {
		return "", errors.New("url: a path segment is not well escaped")
	}
	switch {
	case null:
		return "", errors.New("url: a path segment is null")
	case plain == "":
		return "", errors.New("url: a path segment is empty")
	case plain == "." || plain == "..":
		return "", fmt.Errorf("url: a path segment is %q", plain)
	}
	return segment, nil
}
