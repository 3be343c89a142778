package outbound

import (
	"net/netip"
	"testing"
)

// Under no embedding is an IPv4 address easier to reach than by itself, and no
// range opens what is shut to ranges.
func FuzzEmbeddedAddresses(f *testing.F) {
	for _, seed := range []string{"169.254.169.254", "127.0.0.1", "10.0.0.1", "8.8.8.8", "168.63.129.16", "224.0.0.1"} {
		a := netip.MustParseAddr(seed).As4()
		f.Add(a[:], uint16(443))
	}
	f.Fuzz(func(t *testing.T, raw []byte, port uint16) {
		if len(raw) != 4 {
			return
		}
		v4 := netip.AddrFrom4([4]byte(raw))
		if v4.IsUnspecified() || v4 == netip.AddrFrom4([4]byte{0, 0, 0, 1}) { // :: and ::1 are what they are
			return
		}
		for _, allow := range [][]Rule{nil, everything} {
			g := &guard{allow: allow}
			if g.check(netip.AddrPortFrom(v4, port)) == nil {
				continue
			}
			for name, addr := range embeddings(v4.As4()) {
				if g.check(netip.AddrPortFrom(addr, port)) == nil {
					t.Errorf("%s is reached by %s, %s, with %d rules", v4, name, addr, len(allow))
				}
			}
		}
	})
}

func embeddings(a [4]byte) map[string]netip.Addr {
	at := func(prefix string, offset int, mask byte) netip.Addr {
		b := netip.MustParseAddr(prefix).As16()
		for i, v := range a {
			b[offset+i] = v ^ mask
		}
		return netip.AddrFrom16(b)
	}
	local := netip.MustParseAddr("64:ff9b:1::").As16()
	local[6], local[7], local[9], local[10] = a[0], a[1], a[2], a[3]
	return map[string]netip.Addr{
		"mapping": at("::ffff:0:0", 12, 0), "compatibility": at("::", 12, 0), "SIIT": at("::ffff:0:0:0", 12, 0),
		"NAT64": at("64:ff9b::", 12, 0), "NAT64 of a local prefix": at("64:ff9b:1::", 12, 0), "NAT64 of a /48": netip.AddrFrom16(local),
		"6to4": at("2002::1", 2, 0), "Teredo": at("2001:0:1:2:3:4::", 12, 0xff), "ISATAP": at("2606:4700::5efe:0:0", 12, 0),
	}
}
