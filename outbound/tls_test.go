package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

func newTLS(t testing.TB, s TLSSettings) *TLS {
	t.Helper()
	own, err := NewTLS(s)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// Whatever is wrong with a receiver's TLS, nothing is sent to it.
func TestBadTLSIsRefused(t *testing.T) {
	ca, stranger := newAuthority(t, "known"), newAuthority(t, "stranger")
	serves := func(c tls.Certificate) func(*tls.Config) {
		return func(t *tls.Config) { t.Certificates = []tls.Certificate{c} }
	}
	changed := func(change func(*x509.Certificate)) func(*tls.Config) { return serves(ca.issue(change)) }
	good := ca.issue(nil)
	long := ca.issue(nil)
	long.Certificate = slices.Repeat(long.Certificate, 1000)
	for _, tt := range []struct {
		name   string
		config func(*tls.Config)
		own    *TLS
		says   string // "": it is well
	}{
		{name: "well", config: serves(good)},
		{name: "expired", config: changed(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), says: "expired"},
		{name: "not yet valid", config: changed(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), says: "not yet valid"},
		{name: "another name", config: changed(func(c *x509.Certificate) { c.IPAddresses = nil }), says: "127.0.0.1"},
		{name: "a common name alone", config: changed(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames, c.Subject.CommonName = nil, nil, "127.0.0.1" }), says: "Common Name"},
		{name: "an unknown authority", config: serves(stranger.issue(nil)), says: "unknown authority"},
		{name: "not for servers", config: changed(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), says: "key usage"},
		{name: "TLS 1.0", config: func(c *tls.Config) { serves(good)(c); c.MaxVersion = tls.VersionTLS10 }, says: "protocol version"},
		{name: "TLS 1.1", config: func(c *tls.Config) { serves(good)(c); c.MaxVersion = tls.VersionTLS11 }, says: "protocol version"},
		{name: "TLS 1.2, which will do", config: func(c *tls.Config) { serves(good)(c); c.MaxVersion = tls.VersionTLS12 }},
		{name: "TLS 1.2 where 1.3 is wanted", config: func(c *tls.Config) { serves(good)(c); c.MaxVersion = tls.VersionTLS12 },
			own: newTLS(t, TLSSettings{MinVersion: tls.VersionTLS13}), says: "protocol version"},
		{name: "an endless chain", config: serves(long), says: "exceeds maximum"},
		{name: "another name that is asked for", config: serves(good), own: newTLS(t, TLSSettings{ServerName: "other.test"}), says: "not other.test"},
		{name: "its name that is asked for", config: changed(func(c *x509.Certificate) { c.IPAddresses = nil }), own: newTLS(t, TLSSettings{ServerName: "api.test"})},
		{name: "an authority that this webhook knows", config: serves(stranger.issue(nil)), own: newTLS(t, TLSSettings{CA: stranger.pem})},
		{name: "one that all know, beside its own", config: serves(good), own: newTLS(t, TLSSettings{CA: stranger.pem})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			served := make(chan struct{}, 1)
			s, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) { served <- struct{}{} }, tt.config)
			w := hook(t, "w", s.URL)
			w.TLS = tt.own
			p := plan(w)
			p.Egress.CA = ca.pem
			end := courier(t, p)(w, someDelivery("w"))
			if tt.says == "" {
				if end.outcome.Class != event.OK {
					t.Errorf("got %+v", end.outcome.Attempt)
				}
				return
			}
			checkFailure(t, end, event.TLS, 0, tt.says)
			if len(served) > 0 {
				t.Error("a request was sent")
			}
		})
	}
}

func TestClientCertificates(t *testing.T) {
	ca, stranger := newAuthority(t, "known"), newAuthority(t, "stranger")
	settings := func(c tls.Certificate) *TLS {
		cert, key := ca.asPEM(c)
		return newTLS(t, TLSSettings{Cert: cert, Key: key})
	}
	s, _ := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}, func(c *tls.Config) {
		c.Certificates, c.ClientAuth, c.ClientCAs = []tls.Certificate{ca.issue(nil)}, tls.RequireAndVerifyClientCert, ca.pool()
	})
	for _, tt := range []struct {
		name string
		own  *TLS
		says string
	}{
		{"known", settings(ca.issue(func(c *x509.Certificate) { c.Subject.CommonName = "postern" })), ""},
		{"none", nil, "certificate required"},
		{"of a stranger", settings(stranger.issue(nil)), "unknown certificate authority"},
		{"expired", settings(ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })), "certificate"},
	} {
		w := hook(t, "w", s.URL)
		w.TLS, w.LogResponseBody = tt.own, true
		p := plan(w)
		p.Egress.CA = ca.pem
		end := courier(t, p)(w, someDelivery("w"))
		if tt.says != "" {
			checkFailure(t, end, event.TLS, 0, tt.says)
		} else if end.outcome.Class != event.OK || string(end.outcome.Attempt.ResponseBody) != "postern" {
			t.Errorf("%s: got %+v", tt.name, end.outcome.Attempt)
		}
	}
}

// Webhooks with other TLS settings share no connection, and one whose settings
// change begins anew; whose stay the same keep theirs.
func TestConnectionsBelongToTheirTLS(t *testing.T) {
	ca := newAuthority(t, "known")
	s, _ := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) > 0 {
			fmt.Fprint(w, r.TLS.PeerCertificates[0].Subject.CommonName)
		}
	}, func(c *tls.Config) {
		c.Certificates, c.ClientAuth = []tls.Certificate{ca.issue(nil)}, tls.RequestClientCert
	})
	named := func(name string) *TLS {
		cert, key := ca.asPEM(ca.issue(func(c *x509.Certificate) { c.Subject.CommonName = name }))
		return newTLS(t, TLSSettings{Cert: cert, Key: key})
	}
	l := New(Options{Line: newWorldLine()})
	t.Cleanup(func() { l.current.Load().clients.closeIdle() })
	one, two, bare := hook(t, "one", s.URL), hook(t, "two", s.URL), hook(t, "bare", s.URL)
	one.TLS, two.TLS = named("one"), named("two")
	swap := func(hooks ...*Webhook) {
		p := plan(hooks...)
		p.Egress.CA = ca.pem
		d, err := l.Draft(p)
		if err != nil {
			t.Fatal(err)
		}
		l.Swap(d)
		for _, w := range hooks {
			w.LogResponseBody = true
			o := l.messenger.deliver(t.Context(), d, w, someDelivery(w.Name)).outcome
			want := ""
			if w.TLS != nil {
				leaf, err := x509.ParseCertificate(w.TLS.certificate.Certificate[0])
				if err != nil {
					t.Fatal(err)
				}
				want = leaf.Subject.CommonName
			}
			if o.Class != event.OK || string(o.Attempt.ResponseBody) != want {
				t.Errorf("%s was %q: %+v", w.Name, o.Attempt.ResponseBody, o.Attempt)
			}
		}
	}
	swap(one, two, bare)
	before := l.current.Load().clients
	renewed := *one
	renewed.TLS = named("renewed")
	swap(&renewed, two, bare)
	now := l.current.Load().clients
	for key, same := range map[string]bool{two.TLS.key(): true, "": true, one.TLS.key(): false, renewed.TLS.key(): false} {
		if (before.ways[key] == now.ways[key]) != same {
			t.Errorf("%.8s: the same connections: %t", key, !same)
		}
	}
}

func TestBadClientCertificatesAreTold(t *testing.T) {
	ca := newAuthority(t, "known")
	cert, key := ca.asPEM(ca.issue(nil))
	_, other := ca.asPEM(ca.issue(nil))
	locked := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{0x30, 0}})
	for _, tt := range []struct {
		cert, key []byte
		want      error
	}{
		{cert, key, nil},
		{append(slices.Clone(key), cert...), append(slices.Clone(cert), key...), nil}, // one file of both
		{key, key, ErrCertificate},
		{[]byte("hello"), key, ErrCertificate},
		{cert, cert, ErrKey},
		{cert, []byte("hello"), ErrKey},
		{cert, locked, ErrKey},
		{cert, other, ErrKeyPair},
		{append(slices.Clone(ca.pem), cert...), key, ErrKeyPair},
	} {
		_, err := NewTLS(TLSSettings{Cert: tt.cert, Key: tt.key})
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("got %v, want %v", err, tt.want)
		}
	}
	if printed := fmt.Sprintf("%v %+v %#v", newTLS(t, TLSSettings{Cert: cert, Key: key}), *newTLS(t, TLSSettings{Cert: cert, Key: key}), Webhook{TLS: newTLS(t, TLSSettings{Cert: cert, Key: key})}); strings.Contains(printed, "PRIVATE") || strings.Contains(printed, "ecdsa") {
		t.Errorf("it prints %s", printed)
	}
}
