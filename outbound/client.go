package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
)

// Clients are the ways out of one plan, by the TLS settings of its webhooks: ""
// is of those that have none.
type clients struct{ ways map[string]*way }

// A way is one policy's and one TLS's, with a pool of connections of its own:
// whatever is tightened begins with none.
type way struct{ https, http http.RoundTripper }

// newClients takes the ways of before that serve this plan as well: before is of
// the same policy, or nil. idle is how many connections of a pool wait for reuse. dial
// is for tests; nil: the policy's own.
func newClients(p *Plan, before *clients, idle int, own func() []netip.AddrPort, dial dialFunc) (*clients, error) {
	c := &clients{ways: map[string]*way{}}
	add := func(t *TLS) error {
		key := t.key()
		if before != nil && before.ways[key] != nil {
			c.ways[key] = before.ways[key]
		}
		if c.ways[key] != nil {
			return nil
		}
		w, err := newWay(&p.Egress, t, idle, own, dial)
		c.ways[key] = w
		return err
	}
	if err := add(nil); err != nil {
		return nil, err
	}
	for _, w := range p.Webhooks {
		if err := add(w.TLS); err != nil {
			return nil, fmt.Errorf("webhook %s: %w", w.Name, err)
		}
	}
	return c, nil
}

func newWay(e *Egress, t *TLS, idle int, own func() []netip.AddrPort, dial dialFunc) (*way, error) {
	config, err := t.config(e.CA)
	if err != nil {
		return nil, err
	}
	base, err := (*TLS)(nil).config(e.CA)
	if err != nil {
		return nil, err
	}
	connections := func(plain bool) *pool {
		dial := dial
		if dial == nil {
			dial = e.dial(&guard{allow: e.Allow, allowHTTP: e.AllowHTTP, plain: plain, own: own}, base)
		}
		return &pool{dial: dial, tls: config, most: idle}
	}
	return &way{https: connections(false), http: connections(true)}, nil
}

// dial is how the policy connects.
func (e *Egress) dial(g *guard, base *tls.Config) dialFunc {
	if e.Proxy != nil {
		return newTunnel(e, g, base).dial
	}
	return newDialer(g, e.resolver()).dial
}

// rootsWith are the system's roots and those of the configuration; nil is the
// system's alone.
func rootsWith(ca []byte) (*x509.CertPool, error) {
	if len(ca) == 0 {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("egress: the system's root certificates: %w", err)
	}
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("egress: ca_file holds no certificate in PEM form")
	}
	return roots, nil
}

// of is a webhook's way, by the scheme of its URL.
func (c *clients) of(w *Webhook) http.RoundTripper { return c.ways[w.TLS.key()].by(w.URL) }

func (w *way) by(u *URL) http.RoundTripper {
	if u.Scheme() == "http" {
		return w.http
	}
	return w.https
}

// closeIdle closes what waits for reuse, and what is in use once it is free.
func (c *clients) closeIdle() { c.closeBut(new(clients)) }

// closeBut is closeIdle for the ways that other has not.
func (c *clients) closeBut(other *clients) {
	for key, w := range c.ways {
		if other.ways[key] == w {
			continue
		}
		for _, t := range []http.RoundTripper{w.https, w.http} {
			if t, ok := t.(interface{ CloseIdleConnections() }); ok {
				t.CloseIdleConnections()
			}
		}
	}
}
