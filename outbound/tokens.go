package outbound

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// longestEarly is how long before its end a token is not used any more; of one
// that lives shortly it is a tenth of its life.
const longestEarly = time.Minute

// A tokenSource has the token of one client: kept over attempts and plans, and
// shared by all webhooks with the same credentials.
type tokenSource struct {
	oauth *OAuth

	mu    sync.Mutex
	token string    // empty: none
	until time.Time // when it is too old; zero: when a receiver says so
	style oauth2.AuthStyle
	call  *tokenCall // under way
}

// A tokenCall is one way to the server, for everybody who waits for it.
type tokenCall struct {
	done   chan struct{} // closed when what follows is there
	token  string
	err    error
	broken bool // the one who went was called back: another has to go
}

// newTokenSources takes over those of before whose credentials are the same.
func newTokenSources(p *Plan, before map[string]*tokenSource) map[string]*tokenSource {
	all := map[string]*tokenSource{}
	for _, w := range p.Webhooks {
		if w.Auth.Kind != OAuth2 {
			continue
		}
		key := w.Auth.OAuth.key()
		if all[key] = before[key]; all[key] == nil {
			all[key] = &tokenSource{oauth: w.Auth.OAuth, style: oauth2.AuthStyleInHeader}
		}
	}
	return all
}

// get is the token at hand, or a new one. Who comes while one is fetched waits
// for that one, and fails with it. Errors are tokenErrors.
func (s *tokenSource) get(ctx context.Context, way http.RoundTripper, agent string) (string, error) {
	for {
		token, c, mine := s.look()
		switch {
		case token != "":
			return token, nil
		case mine:
			s.fetch(ctx, c, way, agent)
			return c.token, c.err
		}
		select {
		case <-c.done:
			if !c.broken {
				return c.token, c.err
			}
		case <-ctx.Done():
			return "", newTokenError(ctx.Err(), nil)
		}
	}
}

// look finds a token that can be used, or the call that will bring one: mine if
// there was none under way.
func (s *tokenSource) look() (token string, c *tokenCall, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && (s.until.IsZero() || time.Now().Before(s.until)) {
		return s.token, nil, false
	}
	if mine = s.call == nil; mine {
		s.call = &tokenCall{done: make(chan struct{})}
	}
	return "", s.call, mine
}

// fetch makes a call that look began, and ends it whatever happens.
func (s *tokenSource) fetch(ctx context.Context, c *tokenCall, way http.RoundTripper, agent string) {
	c.broken = true // until it has come to an end
	defer func() {
		s.mu.Lock()
		s.call = nil
		s.mu.Unlock()
		close(c.done)
	}()
	limited, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	began := time.Now()
	t, err := s.ask(limited, way, agent)
	c.broken = err != nil && ctx.Err() != nil
	if err != nil {
		c.err = err
		return
	}
	c.token = t.AccessToken
	s.keep(t, began)
}

// ask asks in the way that this server took before, and else in the other.
func (s *tokenSource) ask(ctx context.Context, way http.RoundTripper, agent string) (*oauth2.Token, error) {
	st := &stage{peer: "the token server"}
	t, err := s.oauth.request(st.in(ctx), way, agent, s.style)
	if wantsOther(err) {
		other := oauth2.AuthStyleInParams + oauth2.AuthStyleInHeader - s.style
		if second, e := s.oauth.request(st.in(ctx), way, agent, other); e == nil {
			s.style, t, err = other, second, nil
		}
	}
	switch {
	case err != nil:
		return nil, newTokenError(err, st)
	case !strings.EqualFold(t.TokenType, "bearer") && t.TokenType != "":
		return nil, &tokenError{"the token server gives another kind than Bearer"}
	case HasControl(t.AccessToken):
		return nil, &tokenError{"the token server's token holds a control character"}
	}
	return t, nil
}

// keep stores a token. Its life is counted from before it was asked for.
func (s *tokenSource) keep(t *oauth2.Token, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.until = t.AccessToken, time.Time{}
	if !t.Expiry.IsZero() {
		life := time.Until(t.Expiry)
		s.until = began.Add(life - min(life/10, longestEarly))
	}
}

// drop forgets a token that a receiver refused, unless there is another by now.
func (s *tokenSource) drop(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}
