package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/posternhq/postern/outbound"
)

const ruleAdvice = `Write it as "10.1.0.0/16", "127.0.0.1:9000" or "[::1]:80".`

// parseRule reads an address or range with an optional port. Names are
// refused: what is reached is decided by address.
func parseRule(text string) (outbound.Rule, error) {
	host, port, ok := cutPort(text)
	if !ok {
		return outbound.Rule{}, fault{"The port is a number from 1 to 65535.", ruleAdvice}
	}
	if !strings.Contains(host, "/") {
		addr, err := netip.ParseAddr(host)
		if err != nil || addr.Zone() != "" {
			return outbound.Rule{}, fault{"This is neither an IP address nor a range of them.", ruleAdvice}
		}
		addr = addr.Unmap()
		return outbound.Rule{Prefix: netip.PrefixFrom(addr, addr.BitLen()), Port: port}, nil
	}
	prefix, err := netip.ParsePrefix(host)
	if err != nil || prefix.Addr().Is4In6() {
		return outbound.Rule{}, fault{"This is neither an IP address nor a range of them.", ruleAdvice}
	}
	if whole := prefix.Masked(); whole != prefix {
		return outbound.Rule{}, fault{"This range has bits set behind its prefix.", "Write the range as its first address and the prefix, or one address without /."}
	}
	return outbound.Rule{Prefix: prefix, Port: port}, nil
}

// cutPort takes a port off an address: behind brackets, behind a prefix, or
// behind an IPv4 address.
func cutPort(text string) (host string, port uint16, ok bool) {
	tail := ""
	switch slash := strings.IndexByte(text, '/'); {
	case strings.HasPrefix(text, "["):
		inner, rest, closed := strings.Cut(text[1:], "]")
		if !closed {
			return text, 0, true
		}
		host, tail = inner, rest
	case slash >= 0:
		bits, after, found := strings.Cut(text[slash:], ":")
		host = text[:slash] + bits
		if found {
			tail = ":" + after
		}
	case strings.Count(text, ":") == 1:
		host, tail = text[:strings.IndexByte(text, ':')], text[strings.IndexByte(text, ':'):]
	default:
		host = text
	}
	if tail == "" {
		return host, 0, true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(tail, ":"), 10, 16)
	if err != nil || n == 0 || tail[0] != ':' {
		return "", 0, false
	}
	return host, uint16(n), true
}

// parseListen checks an address to listen on. Port 0 lets the system choose.
func parseListen(text string) (string, error) {
	wrong := fault{`address is a host and a port, such as "127.0.0.1:7480".`, ""}
	host, port, err := net.SplitHostPort(text)
	if err != nil || outbound.HasControl(text) || strings.ContainsAny(host, " /@") {
		return "", wrong
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", wrong
	}
	if strings.Contains(host, ":") || strings.Trim(host, "0123456789.") == "" && host != "" {
		if _, err := netip.ParseAddr(host); err != nil {
			return "", wrong
		}
	}
	return text, nil
}

// onLoopback tells whether only this machine can reach an address. All
// addresses ("", 0.0.0.0) and names other than localhost count as outside.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
