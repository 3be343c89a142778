package outbound

import (
	"net/netip"
	"slices"
)

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")
	siit       = netip.MustParsePrefix("::ffff:0:0:0/96")
	compatible = netip.MustParsePrefix("::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
)

// faces are the addresses that a packet to an unmapped one may come to: itself,
// and the IPv4 address inside it, where gateways and tunnels deliver it. Behind
// the NAT64 of everybody's DNS64 that is the whole truth, so it stands alone.
func faces(addr netip.Addr) []netip.Addr {
	if addr.Is4() {
		return []netip.Addr{addr}
	}
	b := addr.As16()
	last := netip.AddrFrom4([4]byte(b[12:]))
	switch {
	case nat64.Contains(addr):
		return []netip.Addr{last}
	case sixToFour.Contains(addr):
		return []netip.Addr{addr, netip.AddrFrom4([4]byte(b[2:6]))}
	case teredo.Contains(addr):
		return []netip.Addr{addr, netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})}
	case nat64Local.Contains(addr): // of a /48, RFC 6052, or of a /96 in it
		return append([]netip.Addr{addr}, unlessZero(netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}), last)...)
	case addr.IsUnspecified() || addr.IsLoopback():
		return []netip.Addr{addr}
	case siit.Contains(addr), compatible.Contains(addr), isISATAP(b):
		return []netip.Addr{addr, last}
	}
	return []netip.Addr{addr}
}

func unlessZero(addrs ...netip.Addr) []netip.Addr {
	return slices.DeleteFunc(addrs, netip.Addr.IsUnspecified)
}

// isISATAP knows a tunnel by its interface (RFC 5214), under any prefix.
func isISATAP(b [16]byte) bool {
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}
