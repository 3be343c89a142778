package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

const proxyAdvice = `Write it as "http://proxy.example.com:3128"; user:password@ may stand before the host.`

// proxy reads egress.proxy. What stands before its @ is a secret, wherever it
// comes from.
func (l *loader) proxy(s *section) *outbound.Proxy {
	r, ok := l.scalar(s.node("proxy"), "proxy is one address.")
	if !ok {
		return nil
	}
	p, err := parseProxy(r.text)
	if err != nil {
		l.failWith(s.at("proxy"), err)
		return nil
	}
	if !r.sensitive && strings.Contains(p.Credentials.Reveal(), ":") {
		l.warnLiteral(s.at("proxy"), "password", p.Credentials.Reveal())
	}
	return p
}

func parseProxy(text string) (*outbound.Proxy, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	p := &outbound.Proxy{TLS: strings.EqualFold(scheme, "https"), Port: 80}
	if p.TLS {
		p.Port = 443
	} else if !strings.EqualFold(scheme, "http") {
		return nil, fault{"A proxy is spoken to by http:// or https://.", proxyAdvice}
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		var err error
		if p.Credentials, err = parseUserinfo(rest[:at]); err != nil {
			return nil, err
		}
		rest = rest[at+1:]
	}
	host, port, ok := hostAndPort(strings.TrimSuffix(rest, "/"))
	if !ok {
		return nil, fault{"This is not the address of a proxy: a host and a port, and nothing behind them.", proxyAdvice}
	}
	if p.Host = host; port != 0 {
		p.Port = port
	}
	return p, nil
}

// parseUserinfo reads user:password, in which %40 is an @.
func parseUserinfo(text string) (secret.Text, error) {
	user, password, given := strings.Cut(text, ":")
	plainUser, err := url.PathUnescape(user)
	plainPassword, other := url.PathUnescape(password)
	whole := plainUser
	if given {
		whole += ":" + plainPassword
	}
	switch {
	case err != nil || other != nil:
		return secret.Text{}, fault{"What stands before the @ is not well escaped.", "Write % as %25, @ as %40 and : as %3A."}
	case plainUser == "" || strings.Contains(plainUser, ":"):
		return secret.Text{}, fault{"Before the @ stand a user without a colon, and a password.", proxyAdvice}
	case outbound.HasControl(whole):
		return secret.Text{}, fault{"What stands before the @ holds a control character.", lineBreak}
	}
	return secret.New(whole), nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$`)

// hostAndPort reads a name, an IPv4 address or one of IPv6 in brackets, and a
// port; 0: there is none.
func hostAndPort(text string) (host string, port uint16, ok bool) {
	host = text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		n, err := strconv.ParseUint(text[i+1:], 10, 16)
		if err != nil || n == 0 {
			return "", 0, false
		}
		host, port = text[:i], uint16(n)
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return addr.String(), port, err == nil && addr.Is6() && strings.HasSuffix(host, "]")
	}
	return host, port, hostName.MatchString(host)
}

// parseDNSServer reads an IP address with an optional port.
func parseDNSServer(text string) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		text = net.JoinHostPort(addr.String(), "53")
	}
	server, err := netip.ParseAddrPort(text)
	if err != nil || server.Port() == 0 {
		return netip.AddrPort{}, fault{"dns_server is an IP address, with a port if it is another than 53.", `Write it as "10.0.0.2", "127.0.0.1:5353" or "[::1]:53".`}
	}
	return server, nil
}
