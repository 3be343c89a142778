package outbound

import "fmt"

// A target is what a webhook's URL asks for, and may not have.
type target struct {
	row, name string // of docs/hostile-world.md
	host      string // as it stands in a URL
	leads     found  // what a name server says of it; of a name alone

	to     string // the address that it comes to; empty: none that can be connected to
	opened string // the rule that opens it; empty: one that names to
	sealed bool   // no range opens it
	vague  bool   // a resolver may not take it for an address: then the class is dns
}

// told is the line of docs/hostile-world.md.
func (f *target) told() string {
	follows := "`blocked_address`"
	switch {
	case f.vague:
		follows += ", or `dns`: not every resolver reads it"
	case f.sealed:
		follows += "; no range opens it"
	}
	return fmt.Sprintf("| %s | %s | %s | `outbound.TestForbiddenTargets` |\n", f.row, f.name, follows)
}

// literal is a target whose name on the page is its spelling.
func literal(row, host, to string) target {
	return target{row: row, name: "`" + host + "`", host: host, to: to}
}

func sealed(row, host, to string) target {
	f := literal(row, host, to)
	f.sealed = true
	return f
}

func vague(row, host string) target {
	f := literal(row, host, "127.0.0.2")
	f.vague = true
	return f
}

func leading(row, name, host, to string, leads found) target {
	return target{row: row, name: name, host: host, to: to, leads: leads}
}

// forbidden are targets that nothing opens but a rule of their own. 127.0.0.1
// itself is open to one port.
func forbidden() (all []target) {
	for _, some := range [][]target{forbiddenSpellings, forbiddenEmbeddings, forbiddenNames, forbiddenMetadata, forbiddenRanges} {
		all = append(all, some...)
	}
	return all
}

var forbiddenSpellings = []target{
	{row: "S01", name: "`127.0.0.1`, another port than the one that is open", host: "127.0.0.1", to: "127.0.0.1"},
	literal("S01", "127.0.0.2", "127.0.0.2"),
	literal("S01", "127.9.9.9", "127.9.9.9"),
	literal("S01", "[::1]", "::1"),
	literal("S01", "localhost", "127.0.0.1"),
	literal("S01", "LOCALHOST", "127.0.0.1"),
	{row: "S01", name: "`localhost.`", host: "localhost.", to: "127.0.0.1", vague: true},
	{row: "S01", name: "`0.0.0.0`", host: "0.0.0.0", to: "127.0.0.1", opened: "0.0.0.0", sealed: true},
	{row: "S01", name: "`[::]`", host: "[::]", to: "::1", opened: "::", sealed: true},

	vague("S02", "2130706434"),
	vague("S02", "0x7f.2"),
	vague("S02", "0x7f000002"),
	vague("S02", "0177.0.0.2"),
	vague("S02", "017700000002"),
	vague("S02", "127.2"),
	vague("S02", "127.0.2"),
	vague("S02", "127.0.0.2."),
	{row: "S02", name: "`0`", host: "0", to: "127.0.0.1", opened: "0.0.0.0", sealed: true, vague: true},
}

var forbiddenEmbeddings = []target{
	{row: "S03", name: "`[::ffff:127.0.0.2]`, mapped", host: "[::ffff:127.0.0.2]", to: "127.0.0.2"},
	{row: "S03", name: "`[::ffff:7f00:2]`, mapped", host: "[::ffff:7f00:2]", to: "127.0.0.2"},
	literal("S03", "[::127.0.0.2]", "::7f00:2"),
	literal("S03", "[::ffff:0:127.0.0.2]", "::ffff:0:7f00:2"),
	{row: "S03", name: "`[64:ff9b::7f00:2]`, NAT64", host: "[64:ff9b::7f00:2]", to: "64:ff9b::7f00:2"},
	{row: "S03", name: "`[64:ff9b:1::7f00:2]`, local NAT64", host: "[64:ff9b:1::7f00:2]", to: "64:ff9b:1::7f00:2"},
	{row: "S03", name: "`[2002:7f00:2::]`, 6to4", host: "[2002:7f00:2::]", to: "2002:7f00:2::"},
	{row: "S03", name: "`[2001:0:1::80ff:fffd]`, Teredo", host: "[2001:0:1::80ff:fffd]", to: "2001:0:1::80ff:fffd"},
	{row: "S03", name: "`[2606:4700::5efe:7f00:2]`, ISATAP", host: "[2606:4700::5efe:7f00:2]", to: "2606:4700::5efe:7f00:2"},
	literal("S03", "[fec0::1]", "fec0::1"),
	sealed("S03", "[fe80::1]", ""),
	{row: "S03", name: "`[64:ff9b::a9fe:a9fe]`, NAT64 to metadata", host: "[64:ff9b::a9fe:a9fe]", to: "64:ff9b::a9fe:a9fe", sealed: true},
	{row: "S03", name: "`[2002:a9fe:a9fe::]`, 6to4 to metadata", host: "[2002:a9fe:a9fe::]", to: "2002:a9fe:a9fe::", sealed: true},
}

var forbiddenNames = []target{
	leading("S05", "a name that leads to loopback", "loop.test", "127.0.0.2", found{addrs: []string{"127.0.0.2"}}),
	leading("S05", "a name with a dot at its end", "loop.test.", "127.0.0.2", found{addrs: []string{"127.0.0.2"}}),
	leading("S05", "an alias of `localhost`", "alias.test", "127.0.0.2", found{alias: "localhost.", addrs: []string{"127.0.0.2"}}),
	leading("S05", "a name that leads to a mapped address", "mapped.test", "127.0.0.2", found{addrs: []string{"::ffff:127.0.0.2"}}),
	leading("S05", "a name of which every address is forbidden", "several.test", "10.1.2.3", found{addrs: []string{"10.1.2.3", "127.9.9.9", "fd00::1", "192.168.0.1"}}),
	{row: "S05", name: "a name of `/etc/hosts`", host: "hosts.test", to: "127.0.0.2"},
	{row: "S05", name: "a name of `/etc/hosts` that leads to metadata", host: "metadata", to: "169.254.169.254", sealed: true},
	leading("S05", "a name that a search domain completes", "short", "127.0.0.2", found{addrs: []string{"127.0.0.2"}}),
	{row: "S13", name: "`xn--localhost-`, punycode of ASCII", host: "xn--localhost-", leads: found{addrs: []string{"127.0.0.2"}}, to: "127.0.0.2", vague: true},
	leading("S13", "`xn--lcalhost-zdg.test`, a look-alike in punycode", "xn--lcalhost-zdg.test", "127.0.0.2", found{addrs: []string{"127.0.0.2"}}),
}

var forbiddenMetadata = []target{
	sealed("S07", "169.254.169.254", "169.254.169.254"),
	sealed("S07", "169.254.170.2", "169.254.170.2"),
	sealed("S07", "100.100.100.200", "100.100.100.200"),
	sealed("S07", "168.63.129.16", "168.63.129.16"),
	sealed("S07", "192.0.0.192", "192.0.0.192"),
	sealed("S07", "[fd00:ec2::254]", "fd00:ec2::254"),
	sealed("S07", "[fd20:ce::254]", "fd20:ce::254"),
	sealed("S07", "[fd00:42::42]", "fd00:42::42"),
	sealed("S07", "[::ffff:169.254.169.254]", "169.254.169.254"),
	{row: "S07", name: "a name that leads to metadata", host: "metadata.test", leads: found{addrs: []string{"169.254.169.254", "fd00:ec2::254"}}, to: "169.254.169.254", sealed: true},
}

var forbiddenRanges = []target{
	literal("S08", "10.255.255.255", "10.255.255.255"),
	literal("S08", "172.16.0.1", "172.16.0.1"),
	literal("S08", "172.31.255.254", "172.31.255.254"),
	literal("S08", "192.168.1.1", "192.168.1.1"),
	literal("S08", "100.64.0.1", "100.64.0.1"),
	literal("S08", "[fc00::1]", "fc00::1"),
	literal("S08", "[fd12:3456::1]", "fd12:3456::1"),
	literal("S08", "198.18.0.1", "198.18.0.1"),
	literal("S08", "198.19.255.255", "198.19.255.255"),
	literal("S08", "192.0.2.1", "192.0.2.1"),
	literal("S08", "198.51.100.1", "198.51.100.1"),
	literal("S08", "203.0.113.1", "203.0.113.1"),
	literal("S08", "240.0.0.1", "240.0.0.1"),
	literal("S08", "0.1.2.3", ""),
	literal("S08", "[2001:db8::1]", "2001:db8::1"),
	literal("S08", "[3fff::1]", "3fff::1"),
	literal("S08", "[100::1]", "100::1"),
	literal("S08", "[5f00::1]", "5f00::1"),
	literal("S08", "[4000::1]", "4000::1"),
	sealed("S08", "224.0.0.1", ""),
	sealed("S08", "239.255.255.255", ""),
	sealed("S08", "255.255.255.255", ""),
	sealed("S08", "[ff02::1]", ""),
}
