package outbound

import (
	"context"
	"net"
	"net/netip"
)

// resolver asks the policy's DNS server in place of those that the system names.
// What it answers is looked at like anybody's: in the guard. nil is the
// system's own way.
func (e *Egress) resolver() *net.Resolver {
	if !e.DNSServer.IsValid() {
		return nil
	}
	server := e.DNSServer.String()
	return &net.Resolver{
		PreferGo: true, // the C library asks whom it wants
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		},
	}
}

// lookUp finds the addresses of a host that is a name or an address.
func lookUp(ctx context.Context, r *net.Resolver, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	return r.LookupNetIP(ctx, "ip", host)
}
