package outbound

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/posternhq/postern/event"
)

// Nothing comes to a target that its policy doesn't open: not at load, not by any
// try, not for a token, not through a proxy, whoever resolves its name. Every
// address of this network is a canary; a rule that opens the target shows that it
// would have been heard there.
func TestForbiddenTargets(t *testing.T) {
	inOwnNetwork(t, func(t *testing.T, ns *nameServer) {
		e := newEarth(t, 0)
		for _, f := range forbidden() {
			if len(f.leads.addrs) > 0 {
				name := strings.TrimSuffix(f.host, ".") + "."
				ns.add(name, func(int) found { return f.leads })
				ns.add(strings.Replace(name, "short.", "short.inside.test.", 1), func(int) found { return f.leads })
			}
			for _, w := range waysTo(t, ns) {
				e.checkTarget(t, &f, w)
			}
		}
	})
}

// A wayTo is how a target is asked for.
type wayTo struct {
	name   string
	server netip.AddrPort // of names; zero: the system's
	proxy  *testProxy     // nil: none
}

func waysTo(t *testing.T, ns *nameServer) []wayTo {
	proxy := newProxy(t, nil)
	return []wayTo{
		{"directly", netip.AddrPort{}, nil}, {"directly, by dns_server", ns.address, nil},
		{"through a proxy", netip.AddrPort{}, proxy}, {"through a proxy, by dns_server", ns.address, proxy},
	}
}

// An earth listens on every address there is, on one port.
type earth struct {
	port string

	mu    sync.Mutex
	heard []netip.Addr
}

// newEarth listens on a port; 0: on a free one.
func newEarth(t *testing.T, port int) *earth {
	t.Helper()
	e := new(earth)
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", port)) // of both kinds
	if err != nil {
		t.Fatal(err)
	}
	e.port = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(closing), ConnState: e.note}}
	s.Start()
	t.Cleanup(s.Close)
	return e
}

func (e *earth) note(c net.Conn, s http.ConnState) {
	if s != http.StateNew {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, c.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap())
}

// take is what was heard since it was last asked.
func (e *earth) take() []netip.Addr {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

// No port is forbidden by itself: an address that is open is open on every port,
// unless its rule names one.
func TestPortsAreThoseOfTheRule(t *testing.T) {
	inOwnNetwork(t, func(t *testing.T, _ *nameServer) {
		for _, port := range []int{22, 25, 6379} {
			e := newEarth(t, port)
			for host, tt := range map[string]struct {
				allow []Rule
				open  bool
			}{
				"93.184.216.34": {nil, true},
				"10.1.2.3":      {nil, false},
				"10.1.2.4":      {rules("10.1.2.0/24"), true},
				"10.1.2.5":      {rules("10.1.2.5:443"), false},
				"10.1.2.6":      {rules(fmt.Sprintf("10.1.2.6:%d", port)), true},
			} {
				w := hook(t, "w", fmt.Sprintf("http://%s:%d/", host, port))
				p := plan(w)
				p.Egress.Allow, p.Egress.AllowHTTP = tt.allow, everything
				o := courier(t, p)(w, someDelivery("w")).outcome
				if heard := e.take(); (o.Class == event.OK) != tt.open || len(heard) != count(tt.open) || !tt.open && o.Class != event.BlockedAddress {
					t.Errorf("%s, port %d: %+v, and %s heard of it", host, port, o.Attempt, heard)
				}
			}
		}
	})
}

// A stance is a policy towards a target.
type stance struct {
	name  string
	allow []Rule
	open  bool
	whole bool // all addresses of a name are open, not the one alone
}

func stancesTo(f *target) []stance {
	one := rules("127.0.0.1:1")
	all := []stance{{name: "one port of loopback", allow: one}}
	if f.sealed || f.to != "" {
		all = append(all, stance{name: "every range", allow: slices.Concat(one, everything), open: !f.sealed, whole: true})
	}
	if f.to != "" {
		own := rules(cmp.Or(f.opened, f.to))
		all = append(all, stance{name: "its own address", allow: own, open: true}, stance{name: "its own, another port", allow: []Rule{{own[0].Prefix, 1}}})
	}
	return all
}

// checkTarget asks for one in one way, by policies that don't open it, and by
// those that do.
func (e *earth) checkTarget(t *testing.T, f *target, way wayTo) {
	t.Helper()
	for _, s := range stancesTo(f) {
		w := hook(t, "w", fmt.Sprintf("http://%s:%s/", f.host, e.port))
		for try, class := range e.tries(t, w, way, s) {
			heard := e.take()
			switch {
			case !s.open && (class != event.BlockedAddress && !(f.vague && class == event.DNS) || len(heard) > 0):
				t.Errorf("%s, %s, %s, %s: %s, and %s heard of it", f.host, way.name, s.name, try, class, heard)
			case s.open && !(f.vague && class == event.DNS) && (class != event.OK || len(heard) != 1 || !s.whole && heard[0].String() != f.to):
				t.Errorf("%s, %s, %s, %s: %s, and %s heard of it, not %s", f.host, way.name, s.name, try, class, heard, f.to)
			}
		}
		if asked := way.targets(); !s.open && len(asked) > 0 {
			t.Errorf("%s, %s: the proxy was asked for %q", f.host, s.name, asked)
		}
	}
}

// targets are those that the way's proxy was asked for since it was last asked.
func (w *wayTo) targets() []string {
	if w.proxy == nil {
		return nil
	}
	all := w.proxy.targets()
	w.proxy.mu.Lock()
	defer w.proxy.mu.Unlock()
	w.proxy.asked = nil
	return all
}

// tries are how each try for a webhook's receiver ends, one after the other, and a
// try for a token from there.
func (e *earth) tries(t *testing.T, w *Webhook, way wayTo, s stance) func(func(string, event.Class) bool) {
	p := plan(w)
	p.Egress.Allow, p.Egress.AllowHTTP, p.Egress.DNSServer = s.allow, everything, way.server
	if way.proxy != nil {
		p.Egress.Proxy = &way.proxy.Proxy
	}
	deliver := courier(t, p)
	if heard := e.take(); len(heard) > 0 {
		t.Errorf("%s: %s heard of a plan", w.URL, heard)
	}
	return func(yield func(string, event.Class) bool) {
		for try, d := range everyTry(w) {
			if !yield(try, deliver(w, d).outcome.Class) {
				return
			}
		}
		asks := withOAuth(t, hook(t, "w", "http://127.0.0.1:1/"), w.URL.String())
		p.Webhooks["w"] = asks
		yield("token", tokenClass(courier(t, p)(asks, someDelivery("w")).outcome.Attempt))
	}
}

// tokenClass is the class that a failure to get a token has as one to deliver.
func tokenClass(a *event.Attempt) event.Class {
	switch {
	case a.Class == event.Auth && strings.Contains(a.Error, "egress { allow"):
		return event.BlockedAddress
	case a.Class == event.Auth && strings.Contains(a.Error, "no such host"), a.Class == event.Auth && strings.Contains(a.Error, "looking up"):
		return event.DNS
	case a.Class == event.Auth && strings.Contains(a.Error, "holds none"):
		return event.OK // it was there, and gave no token
	}
	return a.Class
}
