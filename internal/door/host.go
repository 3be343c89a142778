package door

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A hostRule says which Host headers are ours.
type hostRule struct {
	any   bool
	hosts []string // lower case, with a port or without
	bare  bool     // a host of the list without a port stands for any port
}

// hostsAt works out the rule for a listener. local says that only this machine
// can reach it.
func (r Rules) hostsAt(addr net.Addr) (rule hostRule, local bool) {
	switch a := addr.(type) {
	case *net.UnixAddr:
		return hostRule{any: true}, true
	case *net.TCPAddr:
		if a.IP.IsLoopback() {
			return loopbackHosts(a.AddrPort()), true
		}
	}
	rule = hostRule{any: len(r.Hosts) == 0, bare: true}
	for _, h := range slices.Concat(r.Hosts, []string{"localhost", "127.0.0.1", "[::1]"}) {
		rule.hosts = append(rule.hosts, strings.ToLower(h)) // this machine may always call it its own
	}
	return rule, false
}

// loopbackHosts are names that no other site can take: a name of its own that
// points here is what a rebinding page would send.
func loopbackHosts(at netip.AddrPort) hostRule {
	port := strconv.Itoa(int(at.Port()))
	var rule hostRule
	for _, h := range []string{"localhost", "127.0.0.1", "::1", at.Addr().Unmap().String()} {
		rule.hosts = append(rule.hosts, net.JoinHostPort(h, port))
		if at.Port() == 80 {
			rule.hosts = append(rule.hosts, strings.TrimSuffix(net.JoinHostPort(h, port), ":80"))
		}
	}
	return rule
}

func (r hostRule) allow(host string) bool {
	if r.any {
		return true
	}
	name := withoutPort(host)
	for _, h := range r.hosts {
		if strings.EqualFold(h, host) || r.bare && strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}

// want says which Host would have been taken.
func (r hostRule) want(host string) string {
	if r.bare {
		return fmt.Sprintf("Host %q is not among the hosts that are configured for this address", host)
	}
	return fmt.Sprintf("Host %q is not ours: use %s", host, strings.Join(r.hosts[:3], ", "))
}

// withoutPort cuts a port off, and the brackets of an IPv6 address stay.
func withoutPort(host string) string {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.Contains(host[colon:], "]") {
		return host
	}
	return host[:colon]
}
