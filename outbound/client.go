package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const (
	connectTimeout   = 5 * time.Second // name, and connect to the last of its addresses
	handshakeTimeout = 5 * time.Second
	idleTimeout      = 30 * time.Second // then the name is resolved anew
	mostHeaderBytes  = 16 << 10         // of an answer
	mostIdle         = 256              // connections kept for reuse, over all receivers
	mostIdlePerHost  = 64
)

// Clients are the two ways out, one egress policy's: each has its own pool of
// connections, so that a tightened policy begins with none.
type clients struct {
	https, http http.RoundTripper
}

// dialFunc opens connections; nil in clients means the guarded dialer.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func newClients(e *Egress, own func() []netip.AddrPort, dial dialFunc) (*clients, error) {
	roots, err := rootsWith(e.CA)
	if err != nil {
		return nil, err
	}
	transport := func(plain bool) *http.Transport {
		dial := dial
		if dial == nil {
			g := &guard{allow: e.Allow, allowHTTP: e.AllowHTTP, plain: plain, own: own}
			dial = (&net.Dialer{Timeout: connectTimeout, KeepAlive: 15 * time.Second, ControlContext: g.control}).DialContext
		}
		return newTransport(dial, roots)
	}
	return &clients{https: transport(false), http: transport(true)}, nil
}

// newTransport makes a transport that trusts nobody: no proxy of the
// environment, no decompression, HTTP/1.1 only (one request a connection, so a
// receiver has no streams or settings to play with), bounded headers.
// It is used without an http.Client, so there are no redirects and no cookies.
func newTransport(dial dialFunc, roots *x509.CertPool) *http.Transport {
	one := new(http.Protocols)
	one.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshakeTimeout,
		DisableCompression:     true,
		Protocols:              one,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		MaxResponseHeaderBytes: mostHeaderBytes,
		MaxIdleConns:           mostIdle,
		MaxIdleConnsPerHost:    mostIdlePerHost,
		IdleConnTimeout:        idleTimeout,
	}
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

func (c *clients) of(scheme string) http.RoundTripper {
	if scheme == "http" {
		return c.http
	}
	return c.https
}

// closeIdle closes what waits for reuse, and what is in use once it is free.
func (c *clients) closeIdle() {
	for _, t := range []http.RoundTripper{c.https, c.http} {
		if t, ok := t.(interface{ CloseIdleConnections() }); ok {
			t.CloseIdleConnections()
		}
	}
}
