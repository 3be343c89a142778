package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// A guard stands in the dialer, after the name is resolved and before the
// connect, so it sees every address that would really be reached: the second
// answer of a name, an odd spelling, a mapped or translated one.
type guard struct {
	allow     []Rule
	allowHTTP []Rule
	plain     bool // guards the pool of plain http
	own       func() []netip.AddrPort
}

// A blockedError says which address was refused, as what, and what would open it.
type blockedError struct{ text string }

func (e *blockedError) Error() string { return e.text }

// control is net.Dialer.ControlContext.
func (g *guard) control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return &blockedError{"an address that is not an IP address and a port is never reached"}
	}
	if err := g.check(to); err != nil {
		return err
	}
	stageOf(ctx).tries(to, false)
	return nil
}

func (g *guard) check(to netip.AddrPort) error {
	addr := to.Addr().Unmap().WithZone("")
	plain := !g.plain
	for _, face := range faces(addr) {
		if err := g.checkFace(addr, face, to.Port()); err != nil {
			return err
		}
		plain = plain || covered(g.allowHTTP, addr, to.Port()) || covered(g.allowHTTP, face, to.Port())
	}
	if !plain {
		return blocked(addr, to.Port(), "may not be reached by plain http: use https, or list it", "allow_http", addr.String())
	}
	return nil
}

// checkFace judges one of the addresses that a packet to addr may come to. A
// rule may name either.
func (g *guard) checkFace(addr, face netip.Addr, port uint16) error {
	if g.isOwn(face, port) && !named(g.allow, face, port) {
		return &blockedError{fmt.Sprintf("%s is one of Postern's own doors: only egress { allow = [%q] } opens it, address and port", netip.AddrPortFrom(addr, port), netip.AddrPortFrom(face, port))}
	}
	switch r := kindOf(face); {
	case r.tier == never && !single(g.allow, addr, port) && !single(g.allow, face, port):
		return blocked(addr, port, r.says(addr, face)+", which no range opens", "allow", addr.String())
	case r.tier == private && !covered(g.allow, addr, port) && !covered(g.allow, face, port):
		return blocked(addr, port, r.says(addr, face), "allow", addr.String())
	}
	return nil
}

// says why a range holds an address, or the one inside it.
func (r addressRange) says(addr, face netip.Addr) string {
	if face != addr {
		return fmt.Sprintf("leads to %s, %s (%s)", face, r.name, r.prefix)
	}
	return fmt.Sprintf("is %s (%s)", r.name, r.prefix)
}

func blocked(addr netip.Addr, port uint16, why, list, rule string) error {
	return &blockedError{fmt.Sprintf("%s %s: egress { %s = [%q] } would open it", netip.AddrPortFrom(addr, port), why, list, rule)}
}

// covered tells whether a rule holds the address.
func covered(rules []Rule, addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.has(addr, port) })
}

// single tells whether a rule names exactly this address.
func single(rules []Rule, addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.Prefix.IsSingleIP() && r.has(addr, port) })
}

// named tells whether a rule names exactly this address and port.
func named(rules []Rule, addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.Prefix.IsSingleIP() && r.Port == port && r.has(addr, port) })
}

func (r Rule) has(addr netip.Addr, port uint16) bool {
	if r.Port != 0 && r.Port != port {
		return false
	}
	return r.unmapped().Contains(addr)
}

// unmapped turns ::ffff:10.0.0.0/104 into 10.0.0.0/8.
func (r Rule) unmapped() netip.Prefix {
	if a := r.Prefix.Addr(); a.Is4In6() && r.Prefix.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), r.Prefix.Bits()-96)
	}
	return r.Prefix
}

// isOwn tells whether a door of ours listens there. A door on the unspecified
// address listens on every address of this machine, and who asks for that
// address comes to this machine.
func (g *guard) isOwn(addr netip.Addr, port uint16) bool {
	if g.own == nil {
		return false
	}
	for _, door := range g.own() {
		if door.Port() != port {
			continue
		}
		at := door.Addr().Unmap().WithZone("")
		if at == addr || addr.IsUnspecified() || at.IsUnspecified() && isLocal(addr) {
			return true
		}
	}
	return false
}

func isLocal(addr netip.Addr) bool {
	if addr.IsLoopback() {
		return true
	}
	ours, err := net.InterfaceAddrs()
	if err != nil {
		return true // unknown: better refused
	}
	for _, a := range ours {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap().WithZone("") == addr {
			return true
		}
	}
	return false
}
