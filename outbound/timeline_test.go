package outbound

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
)

// after does nothing for a while, unless we close.
func after(d time.Duration) act {
	return func(p *peer) {
		select {
		case <-time.After(d):
		case <-p.wire.closedByUs:
		}
	}
}

// Each phase that takes its time shows with that time, and one that never ends
// is the first that is missing.
func TestATimelineSaysHowFarAnAttemptCame(t *testing.T) {
	const dial, head = 1 * time.Second, okHead + "Content-Length: 5\r\n\r\n"
	answers := acts(asked, after(3*time.Second), tell(head), after(time.Second), tell("hello"), hang)
	slowTLS := acts(after(2*time.Second), secured(nil, answers))
	stalledBody := acts(asked, after(3*time.Second), tell(head), hang)
	for _, tt := range []struct {
		name   string
		act    act
		dial   time.Duration // 0: as above
		change func(*testing.T, *Webhook)
		https  bool
		want   event.Timeline
	}{
		{name: "well", act: answers, want: event.Timeline{Connect: dial, Sent: dial, FirstByte: dial + 3*time.Second, Done: dial + 4*time.Second}},
		{name: "well, over TLS", act: slowTLS, https: true,
			want: event.Timeline{Connect: dial, TLS: dial + 2*time.Second, Sent: dial + 2*time.Second, FirstByte: dial + 5*time.Second, Done: dial + 6*time.Second}},
		{name: "stalls before the connection", dial: time.Hour, act: hang},
		{name: "stalls in the handshake", act: hang, https: true, want: event.Timeline{Connect: dial}},
		{name: "stalls in the request", act: acts(glanced, hang), change: large, want: event.Timeline{Connect: dial}},
		{name: "stalls before the answer", act: acts(asked, hang), want: event.Timeline{Connect: dial, Sent: dial}},
		{name: "stalls in the body", act: stalledBody, want: event.Timeline{Connect: dial, Sent: dial, FirstByte: dial + 3*time.Second}},
		{name: "answers before it has read all", act: acts(glanced, tell(head), hang), change: large, want: event.Timeline{Connect: dial, FirstByte: dial}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := pipes(t, tt.act)
				w := newWorld(t, nil)
				w.lanes.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					wait := time.NewTimer(max(dial, tt.dial))
					defer wait.Stop()
					select {
					case <-wait.C:
						return n.dial(ctx, network, address)
					case <-ctx.Done():
						return nil, ctx.Err()
					}
				}
				h := hook(t, "w", map[bool]string{false: "http", true: "https"}[tt.https]+"://127.0.0.1:7/")
				h.Timeout = patience
				if tt.change != nil {
					tt.change(t, h)
				}
				p := plan(h)
				p.Egress.CA = n.ca.pem
				w.run(p)
				id := w.post("w")[0]
				w.wait(patience)
				d := w.delivery(id)
				if len(d.Attempts) != 1 || d.Attempts[0].Timeline != tt.want {
					t.Errorf("got %+v, want %+v", d.Attempts, tt.want)
				}
			})
		})
	}
}

// A whole road: every phase takes its turn, and none comes twice.
func TestAConnectionIsTold(t *testing.T) {
	ns := newNameServer(t)
	ns.add("api.test.", addresses("127.0.0.1"))
	ca := newAuthority(t, "known")
	s, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) {}, func(c *tls.Config) {
		c.Certificates = []tls.Certificate{ca.issue(nil)}
	})
	remote := netip.MustParseAddrPort(s.Listener.Addr().String())
	for _, way := range []string{"direct", "by a proxy", "by a proxy over TLS"} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(way+", "+tls.VersionName(version), func(t *testing.T) {
				w := hook(t, "w", fmt.Sprintf("https://api.test:%d/", remote.Port()))
				w.TLS = newTLS(t, TLSSettings{MinVersion: version})
				p := plan(w)
				p.Egress.CA, p.Egress.DNSServer = ca.pem, ns.address
				if way != "direct" {
					var with *tls.Config
					if strings.HasSuffix(way, "TLS") {
						with = &tls.Config{Certificates: []tls.Certificate{ca.issue(nil)}}
					}
					p.Egress.Proxy = &newProxy(t, with).Proxy
				}
				s.TLS.MaxVersion = version
				deliver := courier(t, p)
				first, second := deliver(w, someDelivery("w")).outcome.Attempt, deliver(w, someDelivery("w")).outcome.Attempt
				want := event.Connection{Remote: remote, Proxied: way != "direct", TLS: version}
				if first.Connection != want {
					t.Errorf("first: %+v, want %+v (%s)", first.Connection, want, first.Error)
				}
				want.Reused = true
				if second.Connection != want {
					t.Errorf("second: %+v, want %+v", second.Connection, want)
				}
				wantMoments(t, first, "dns", "connect", "tls", "sent", "first_byte", "done")
				wantMoments(t, second, "sent", "first_byte", "done")
			})
		}
	}
}

// wantMoments are those that an attempt has, one after the other. A short answer
// can come before we know that all was written.
func wantMoments(t *testing.T, a *event.Attempt, want ...string) {
	t.Helper()
	var names []string
	var last time.Duration
	for m := range a.Timeline.Moments() {
		names = append(names, m.Name)
		if m.At < last && m.Name != "first_byte" || m.At > a.Duration {
			t.Errorf("%s is at %s, after %s, in an attempt of %s", m.Name, m.At, last, a.Duration)
		}
		last = m.At
	}
	if !slices.Equal(names, want) {
		t.Errorf("it has %q, want %q (%s, %s)", names, want, a.Class, a.Error)
	}
}

// Where nothing answers, the address that was tried is told, and none where none was.
func TestAFailureTellsWhatWasDialled(t *testing.T) {
	shut := nobody(t)
	ns := newNameServer(t)
	ns.add("api.test.", addresses("127.0.0.2", "127.0.0.1")) // the first is blocked
	proxy := newProxy(t, nil)
	for name, tt := range map[string]struct {
		host    string
		change  func(*Plan)
		class   event.Class
		moments []string
		want    event.Connection
	}{
		"refused":                {host: "127.0.0.1", class: event.Refused, want: event.Connection{Remote: shut}},
		"refused, behind a name": {host: "api.test", class: event.Refused, moments: []string{"dns"}, want: event.Connection{Remote: shut}},
		"no such name":           {host: "nowhere.test", class: event.DNS},
		"blocked":                {host: "127.0.0.2", class: event.BlockedAddress},
		"blocked, behind a name": {host: "api.test", change: func(p *Plan) { p.Egress.Allow = nil }, class: event.BlockedAddress, moments: []string{"dns"}},
		"blocked, by a proxy":    {host: "127.0.0.2", change: func(p *Plan) { p.Egress.Proxy = &proxy.Proxy }, class: event.BlockedAddress},
		"the proxy can't come to it": {host: "api.test", change: func(p *Plan) { p.Egress.Proxy = &proxy.Proxy }, class: event.Proxy, moments: []string{"dns"},
			want: event.Connection{Remote: shut, Proxied: true}},
		"no proxy": {host: "127.0.0.1", change: func(p *Plan) { p.Egress.Proxy = &Proxy{Host: "127.0.0.1", Port: shut.Port()} }, class: event.Proxy,
			want: event.Connection{Remote: shut, Proxied: true}},
	} {
		t.Run(name, func(t *testing.T) {
			w := hook(t, "w", fmt.Sprintf("http://%s:%d/", tt.host, shut.Port()))
			p := plan(w)
			p.Egress.DNSServer = ns.address
			if tt.change != nil {
				tt.change(p)
			}
			a := courier(t, p)(w, someDelivery("w")).outcome.Attempt
			if a.Class != tt.class || a.Connection != tt.want {
				t.Errorf("%s with %+v, want %s with %+v", a.Class, a.Connection, tt.class, tt.want)
			}
			wantMoments(t, a, tt.moments...)
		})
	}
}
