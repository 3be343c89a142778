package outbound

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/posternhq/postern/internal/secret"
)

const (
	proxyTimeout = 10 * time.Second // from the target's name to the proxy's answer
	mostAsked    = 4                // addresses of one target that a proxy is asked for
)

// A Proxy is asked for every connection, by CONNECT.
type Proxy struct {
	TLS         bool   // it is spoken to over TLS
	Host        string // a name or an IP address
	Port        uint16
	Credentials secret.Text // "user:password"; empty: none
}

func (p *Proxy) same(o *Proxy) bool {
	if p == nil || o == nil {
		return p == o
	}
	return p.TLS == o.TLS && p.Host == o.Host && p.Port == o.Port && p.Credentials.Equal(o.Credentials.Reveal())
}

// A proxyError is what went wrong at the proxy, before the receiver had a say.
type proxyError struct {
	text    string
	another bool // address of the target may do
}

func (e *proxyError) Error() string { return e.text }

// A tunnel connects through a proxy. The target's name is resolved here, its
// addresses are shown to the guard, and the proxy is asked for one that passed:
// for no name, so that it can't come to another address than the one checked.
type tunnel struct {
	proxy    *Proxy
	guard    *guard // of targets
	resolver *net.Resolver
	dialer   *dialer // to the proxy
	tls      *tls.Config
}

func newTunnel(e *Egress, g *guard, tlsConfig *tls.Config) *tunnel {
	t := &tunnel{proxy: e.Proxy, guard: g, resolver: e.resolver()}
	t.dialer = newDialer(&guard{allow: e.proxyRules(), own: g.own}, t.resolver)
	t.tls = tlsConfig.Clone()
	t.tls.ServerName = e.Proxy.Host
	return t
}

// proxyRules let the proxy be where its operator says: on a private address too.
// Metadata, and our own doors, still want to be named exactly.
func (e *Egress) proxyRules() []Rule {
	rules := append([]Rule{{Prefix: netip.MustParsePrefix("0.0.0.0/0")}, {Prefix: netip.MustParsePrefix("::/0")}}, e.Allow...)
	if addr, err := netip.ParseAddr(e.Proxy.Host); err == nil {
		rules = append(rules, Rule{netip.PrefixFrom(addr, addr.BitLen()), e.Proxy.Port})
	}
	return rules
}

// dial asks for the addresses of a target, one after the other while the proxy
// answers that it can't come to them.
func (t *tunnel) dial(ctx context.Context, _, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, proxyTimeout)
	defer cancel()
	targets, err := t.targets(ctx, address)
	if err != nil {
		return nil, err
	}
	stage := stageOf(ctx)
	stage.atProxy.Store(true)
	for _, to := range targets {
		var conn net.Conn
		if conn, err = t.ask(ctx, to); err == nil {
			stage.atProxy.Store(false)
			return conn, nil
		}
		if p, ok := errors.AsType[*proxyError](err); !ok || !p.another {
			break
		}
	}
	return nil, err
}

// targets are the addresses that pass, at least one.
func (t *tunnel) targets(ctx context.Context, address string) (open []netip.AddrPort, err error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := lookUp(ctx, t.resolver, host)
	if err != nil {
		return nil, err
	}
	var first error
	for _, addr := range addrs {
		to := netip.AddrPortFrom(addr.Unmap().WithZone(""), uint16(port))
		if err := t.guard.check(to); err == nil {
			open = append(open, to)
		} else if first == nil {
			first = err
		}
	}
	if len(open) == 0 {
		return nil, first
	}
	return open[:min(len(open), mostAsked)], nil
}

// ask opens one tunnel.
func (t *tunnel) ask(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	stageOf(ctx).tries(to, true)
	conn, err := t.dialer.dial(unrecorded(ctx), "tcp", net.JoinHostPort(t.proxy.Host, strconv.Itoa(int(t.proxy.Port))))
	if err != nil {
		return nil, proxyFault(err, false)
	}
	unbind := bind(ctx, conn)
	open, err := t.connect(ctx, conn, to)
	if !unbind() && err == nil {
		err = proxyFault(ctx.Err(), true)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &tunnelled{open, to}, nil
}

// bind breaks off what a connection does when ctx ends, until it is undone;
// undoing tells whether it had not ended by then.
func bind(ctx context.Context, conn net.Conn) (unbind func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// connect greets the proxy, sends one CONNECT and reads its answer, which is
// bounded.
func (t *tunnel) connect(ctx context.Context, conn net.Conn, to netip.AddrPort) (net.Conn, error) {
	if t.proxy.TLS {
		secured := tls.Client(conn, t.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, proxyFault(err, true)
		}
		conn = secured
	}
	head := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n", to)
	if !t.proxy.Credentials.Empty() {
		head += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(t.proxy.Credentials.Reveal())) + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		return nil, proxyFault(err, true)
	}
	answer := bufio.NewReader(io.LimitReader(conn, mostHeaderBytes))
	resp, err := http.ReadResponse(answer, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return nil, proxyFault(err, true)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, proxyRefusal(resp.StatusCode, to)
	case answer.Buffered() > 0:
		return nil, &proxyError{text: "the proxy: it sent more than an answer to CONNECT"}
	}
	return conn, nil
}

// proxyRefusal says a status in our words. Of those of the gateway's own, another
// address may do better.
func proxyRefusal(status int, to netip.AddrPort) error {
	e := &proxyError{text: fmt.Sprintf("the proxy answered %d", status)}
	if known := http.StatusText(status); known != "" {
		e.text += " " + known
	}
	e.text += fmt.Sprintf(" when asked for %s", to)
	switch status {
	case http.StatusProxyAuthRequired:
		e.text += ": are the credentials in egress.proxy right?"
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.another = true
	}
	return e
}

// proxyFault words an error on the way to the proxy, or of its own.
func proxyFault(err error, connected bool) error {
	if connected && isTimeout(err) {
		return &proxyError{text: "the proxy took too long"}
	}
	s := &stage{peer: "it"}
	s.connected.Store(connected)
	_, text := classify(err, s, 0)
	return &proxyError{text: "the proxy: " + text}
}
