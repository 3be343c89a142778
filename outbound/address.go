package outbound

import "net/netip"

// A tier says what opens an address.
type tier int

const (
	public  tier = iota // open
	private             // any covering rule of egress.allow
	never               // only a rule that names this one address
)

type kind struct {
	name string
	tier tier
}

type addressRange struct {
	prefix netip.Prefix
	kind
}

func between(prefix, name string, t tier) addressRange {
	return addressRange{netip.MustParsePrefix(prefix), kind{name, t}}
}

// The first range that holds an address decides. IPv4 is open but for what the
// IANA special-purpose registry and the clouds take out.
var ranges4 = []addressRange{
	between("0.0.0.0/32", "the unspecified address", never),
	between("255.255.255.255/32", "the broadcast address", never),
	between("169.254.0.0/16", "a link-local or metadata address", never),
	between("224.0.0.0/4", "a multicast address", never),
	between("168.63.129.16/32", "a metadata address of Azure", never),
	between("100.100.100.200/32", "a metadata address of Alibaba Cloud", never),
	between("192.0.0.192/32", "a metadata address of Oracle Cloud", never),

	between("127.0.0.0/8", "a loopback address", private),
	between("10.0.0.0/8", "a private address", private),
	between("172.16.0.0/12", "a private address", private),
	between("192.168.0.0/16", "a private address", private),
	between("100.64.0.0/10", "a carrier's shared address", private),
	between("0.0.0.0/8", "a reserved address", private),
	between("192.0.0.0/24", "a reserved address", private),
	between("192.0.2.0/24", "a documentation address", private),
	between("198.51.100.0/24", "a documentation address", private),
	between("203.0.113.0/24", "a documentation address", private),
	between("192.88.99.0/24", "a reserved address", private),
	between("198.18.0.0/15", "a benchmarking address", private),
	between("240.0.0.0/4", "a reserved address", private),
}

// IPv6 is closed but for the global unicast space, less what is set apart in it.
var ranges6 = []addressRange{
	between("::/128", "the unspecified address", never),
	between("fe80::/10", "a link-local address", never),
	between("ff00::/8", "a multicast address", never),
	between("fd00:ec2::/32", "a metadata address of AWS", never),
	between("fd20:ce::254/128", "a metadata address of Google Cloud", never),
	between("fd00:42::42/128", "a metadata address of Scaleway", never),

	between("::1/128", "a loopback address", private),
	between("fc00::/7", "a private address", private),
	between("2001:db8::/32", "a documentation address", private),
	between("3fff::/20", "a documentation address", private),
	between("2001::/23", "a tunnel or reserved address", private),
	between("2002::/16", "a 6to4 tunnel address", private),
	between("2000::/3", "", public),
	between("::/0", "an address outside the global unicast space", private),
}

// kindOf judges an unmapped address without a zone, by itself, and says which
// range decided.
func kindOf(addr netip.Addr) addressRange {
	ranges := ranges6
	if addr.Is4() {
		ranges = ranges4
	}
	for _, r := range ranges {
		if r.prefix.Contains(addr) {
			return r
		}
	}
	return addressRange{}
}
