package outbound

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

func rules(list ...string) []Rule {
	var out []Rule
	for _, s := range list {
		if ap, err := netip.ParseAddrPort(s); err == nil {
			out = append(out, Rule{netip.PrefixFrom(ap.Addr(), ap.Addr().BitLen()), ap.Port()})
		} else if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, Rule{netip.PrefixFrom(a, a.BitLen()), 0})
		} else {
			out = append(out, Rule{netip.MustParsePrefix(s), 0})
		}
	}
	return out
}

var everything = rules("0.0.0.0/0", "::/0")

func TestGuardKnowsAddresses(t *testing.T) {
	const open, closed, sealed = 0, 1, 2 // by default; to ranges; but to its own name
	for addr, want := range map[string]int{
		"1.1.1.1": open, "93.184.216.34": open, "172.15.255.255": open, "172.32.0.0": open, "100.63.255.255": open, "100.128.0.0": open, "223.255.255.255": open, "168.63.129.15": open,
		"2606:4700::1": open, "2a00::1": open, "2400::1": open, "2001:200::1": open, "2003::1": open, "::ffff:1.1.1.1": open, "64:ff9b::101:101": open,

		"127.0.0.1": closed, "127.0.0.2": closed, "127.255.255.255": closed, "10.0.0.1": closed, "10.255.255.255": closed, "172.16.0.1": closed, "172.31.255.255": closed, "192.168.1.1": closed,
		"100.64.0.1": closed, "100.127.255.255": closed, "0.1.2.3": closed, "192.0.0.1": closed, "192.0.2.1": closed, "192.88.99.1": closed, "198.18.0.1": closed, "198.19.255.255": closed,
		"198.51.100.1": closed, "203.0.113.1": closed, "240.0.0.1": closed, "255.255.255.254": closed,
		"::1": closed, "::ffff:127.0.0.2": closed, "::ffff:7f00:1": closed, "::ffff:0:127.0.0.2": closed, "::127.0.0.1": closed, "::ffff:10.0.0.1": closed,
		"64:ff9b::7f00:2": closed, "64:ff9b::10.0.0.1": closed, "64:ff9b:1::1": closed, "2002:7f00:2::": closed, "2001::1": closed, "2001:10::1": closed, "2001:1ff:ffff::1": closed,
		"2001:db8::1": closed, "3fff::1": closed, "fc00::1": closed, "fd12:3456::1": closed, "fec0::1": closed, "5f00::1": closed, "100::1": closed, "4000::1": closed, "1fff::1": closed,

		"0.0.0.0": sealed, "::": sealed, "169.254.169.254": sealed, "169.254.0.1": sealed, "224.0.0.1": sealed, "239.255.255.255": sealed, "255.255.255.255": sealed,
		"168.63.129.16": sealed, "100.100.100.200": sealed, "192.0.0.192": sealed, "fd00:ec2::254": sealed, "fd20:ce::254": sealed, "fe80::1": sealed, "fe80::1%eth0": sealed, "febf::1": sealed,
		"fd00:ec2::23": sealed, "fd00:42::42": sealed, "ff02::1": sealed, "::ffff:169.254.169.254": sealed, "64:ff9b::a9fe:a9fe": sealed, "64:ff9b::": sealed,

		// An IPv4 address inside, with which the tunnel or gateway goes on.
		"2002:a9fe:a9fe::1": sealed, "2001:0:1:2:3:4:5601:5601": sealed, "::169.254.169.254": sealed, "::ffff:0:169.254.169.254": sealed,
		"64:ff9b:1::a9fe:a9fe": sealed, "64:ff9b:1:a9fe:a9:fe00::": sealed, "2606:4700::5efe:a9fe:a9fe": sealed, "2606:4700::200:5efe:6464:64c8": sealed,
		"2606:4700::5efe:a00:1": closed, "2606:4700::5efe:101:101": open, "2002:101:101::": closed, "2001:0:1:2:3:4:fefe:fefe": closed, "64:ff9b:1:a00:0:100::": closed,
	} {
		to := netip.AddrPortFrom(netip.MustParseAddr(addr), 443)
		itself := rules(to.Addr().WithZone("").String())
		for i, tt := range []struct {
			name  string
			allow []Rule
			want  bool
		}{
			{"no rule", nil, want == open},
			{"everything", everything, want != sealed},
			{"named", itself, true},
			{"named, another port", []Rule{{itself[0].Prefix, 444}}, want == open},
			{"named, this port", []Rule{{itself[0].Prefix, 443}}, true},
		} {
			err := (&guard{allow: tt.allow}).check(to)
			if (err == nil) != tt.want {
				t.Errorf("%s with %s (%d): %v", addr, tt.name, i, err)
			}
			if err != nil && (!strings.Contains(err.Error(), "egress { allow") || strings.Contains(err.Error(), "%eth0")) {
				t.Errorf("%s: the error does not help: %v", addr, err)
			}
		}
	}
}

func TestGuardSaysWhatWouldOpenAnAddress(t *testing.T) {
	for addr, want := range map[string]string{
		"10.0.3.4:8443":            `10.0.3.4:8443 is a private address (10.0.0.0/8): egress { allow = ["10.0.3.4"] } would open it`,
		"[::ffff:127.0.0.1]:443":   `127.0.0.1:443 is a loopback address (127.0.0.0/8): egress { allow = ["127.0.0.1"] } would open it`,
		"169.254.169.254:80":       `169.254.169.254:80 is a link-local or metadata address (169.254.0.0/16), which no range opens: egress { allow = ["169.254.169.254"] } would open it`,
		"[64:ff9b::a00:1]:443":     `[64:ff9b::a00:1]:443 leads to 10.0.0.1, a private address (10.0.0.0/8): egress { allow = ["64:ff9b::a00:1"] } would open it`,
		"[2002:a9fe:a9fe::1]:443":  `[2002:a9fe:a9fe::1]:443 is a 6to4 tunnel address (2002::/16): egress { allow = ["2002:a9fe:a9fe::1"] } would open it`,
		"not an address":           "an address that is not an IP address and a port is never reached",
		"/run/postern/socket.sock": "an address that is not an IP address and a port is never reached",
	} {
		err := (&guard{}).control(t.Context(), "tcp", addr, nil)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestGuardKeepsPlainHTTPApart(t *testing.T) {
	public, private := netip.MustParseAddrPort("1.1.1.1:80"), netip.MustParseAddrPort("10.1.2.3:80")
	for _, tt := range []struct {
		name             string
		allow, allowHTTP []Rule
		public, private  bool
		translated       bool // the private one by NAT64
	}{
		{name: "nothing listed"},
		{name: "everything allowed", allow: everything},
		{name: "http everywhere", allowHTTP: everything, public: true},
		{name: "both", allow: rules("10.1.0.0/16"), allowHTTP: rules("10.0.0.0/8"), private: true},
		{name: "mapped rules", allow: rules("::ffff:10.1.0.0/112"), allowHTTP: rules("::ffff:10.1.2.3"), private: true},
		{name: "inside NAT64", allow: rules("10.0.0.0/8"), allowHTTP: rules("10.0.0.0/8"), private: true, translated: true},
		{name: "another port", allow: rules("10.1.0.0/16"), allowHTTP: rules("10.1.2.3:81")},
	} {
		g := &guard{allow: tt.allow, allowHTTP: tt.allowHTTP, plain: true}
		if err := g.check(public); (err == nil) != tt.public {
			t.Errorf("%s: public: %v", tt.name, err)
		}
		private := private
		if tt.translated {
			private = netip.MustParseAddrPort("[64:ff9b::a01:203]:80")
		}
		if err := g.check(private); (err == nil) != tt.private {
			t.Errorf("%s: private: %v", tt.name, err)
		}
	}
}

func TestGuardKeepsOurOwnDoorsShut(t *testing.T) {
	own := func() []netip.AddrPort {
		return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:7480"), netip.MustParseAddrPort("[::]:7481")}
	}
	outside := netip.MustParseAddr("127.0.0.1")
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLoopback() && p.Addr().Is4() {
			outside = p.Addr()
		}
	}
	loopback := rules("127.0.0.0/8", "127.0.0.1", "::/0", outside.String())
	for _, tt := range []struct {
		to    string
		allow []Rule
		ok    bool
	}{
		{"127.0.0.1:7480", loopback, false},
		{"[::ffff:127.0.0.1]:7480", loopback, false},
		{"127.0.0.1:7481", loopback, false},
		{"127.0.0.7:7481", loopback, false},
		{"[::1]:7481", loopback, false},
		{netip.AddrPortFrom(outside, 7481).String(), loopback, false},
		{"[64:ff9b::7f00:1]:7480", loopback, false},
		{"[64:ff9b::7f00:1]:7480", rules("127.0.0.1:7480"), true},
		{"127.0.0.1:7482", loopback, true},
		{"127.0.0.2:7480", loopback, true},
		{"127.0.0.1:7480", rules("127.0.0.1:7480"), true},
		{"0.0.0.0:7480", rules("0.0.0.0"), false},
		{"[::]:7480", rules("::"), false},
		{"[2002:7f00:1::]:7480", rules("2002::/16", "127.0.0.1"), false},
		{"[2002:7f00:1::]:7480", rules("2002::/16", "127.0.0.1:7480"), true},
	} {
		err := (&guard{allow: tt.allow, own: own}).check(netip.MustParseAddrPort(tt.to))
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.to, err)
		}
	}
}
