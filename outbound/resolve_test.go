package outbound

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

// A name may lead elsewhere at each look-up: what counts is where this dial goes.
func TestANameThatMovesIsCheckedAtEveryDial(t *testing.T) {
	port, canary := receiverWithCanaries(t, closing)
	ns := newNameServer(t)
	w := hook(t, "w", fmt.Sprintf("http://moves.test:%d/", port))
	p := plan(w)
	onlyLoopbackOne(p, port)
	p.Egress.DNSServer = ns.address
	deliver := courier(t, p)
	for _, step := range []struct {
		to    []string
		class event.Class
		says  string
	}{
		{[]string{"127.0.0.1"}, event.OK, ""},
		{[]string{"127.0.0.2"}, event.BlockedAddress, "127.0.0.2:"},
		{[]string{"::1"}, event.BlockedAddress, "[::1]:"},
		{[]string{"127.0.0.2", "127.9.9.9", "::1", "127.0.0.1"}, event.OK, ""},
		{[]string{"127.0.0.1", "127.0.0.2", "169.254.169.254"}, event.OK, ""},
		{[]string{"::ffff:127.0.0.2"}, event.BlockedAddress, ""},
		{[]string{"64:ff9b::7f00:2", "2002:7f00:2::1"}, event.BlockedAddress, ""},
		{[]string{"127.0.0.1"}, event.OK, ""},
	} {
		ns.add("moves.test.", addresses(step.to...))
		for try, d := range everyTry(w) {
			o := deliver(w, d).outcome
			if o.Class != step.class || !strings.Contains(o.Attempt.Error, step.says) {
				t.Errorf("%s to %s: %s, %q", try, step.to, o.Class, o.Attempt.Error)
			}
		}
	}
	canary.check(t)
}

// Between the look-up that was checked and the connect there is no other.
func TestANameIsLookedUpOncePerDial(t *testing.T) {
	port, canary := receiverWithCanaries(t, closing)
	ns := newNameServer(t)
	ns.add("rebinds.test.", func(n int) found { return found{addrs: []string{[]string{"127.0.0.1", "127.0.0.2"}[(n+1)%2]}} })
	w := hook(t, "w", fmt.Sprintf("http://rebinds.test:%d/", port))
	p := plan(w)
	onlyLoopbackOne(p, port)
	p.Egress.DNSServer = ns.address
	deliver := courier(t, p)
	for i, want := range []event.Class{event.OK, event.BlockedAddress, event.OK, event.BlockedAddress} {
		if o := deliver(w, someDelivery("w")).outcome; o.Class != want {
			t.Errorf("attempt %d: %+v", i+1, o.Attempt)
		}
	}
	if n := ns.questions("rebinds.test."); n != 4 {
		t.Errorf("%d look-ups for 4 attempts", n)
	}
	canary.check(t)
}

func TestBlockedAmongFailingAddressesIsNotTheCause(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := closed.Addr().(*net.TCPAddr).Port
	closed.Close()
	ns := newNameServer(t)
	ns.add("two.test.", addresses("10.1.2.3", "127.0.0.1", "10.1.2.4"))
	w := hook(t, "w", fmt.Sprintf("http://two.test:%d/", port))
	p := plan(w)
	p.Egress.DNSServer = ns.address
	checkFailure(t, courier(t, p)(w, someDelivery("w")), event.Refused, 0, "connection refused")
}

func TestFailuresOfDNS(t *testing.T) {
	ns := newNameServer(t)
	ns.add("fails.test.", func(int) found { return found{code: serverFailure} })
	ns.add("empty.test.", func(int) found { return found{} })
	ns.add("silent.test.", func(int) found { return found{code: noAnswerAtAll} })
	ns.add("loop.test.", func(int) found { return found{alias: "loop.test."} })
	ns.add("alias.test.", func(int) found { return found{alias: "localhost.", addrs: []string{"127.0.0.2"}} })
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf("127.0.1.%d", i)
	}
	ns.add("many.test.", addresses(many...))
	for name, want := range map[string]struct {
		class event.Class
		says  string
	}{
		"none.test":   {event.DNS, "no such host: none.test"},
		"fails.test":  {event.DNS, "looking up fails.test"},
		"empty.test":  {event.DNS, "no such host"},
		"loop.test":   {event.DNS, "loop.test"},
		"alias.test":  {event.BlockedAddress, "127.0.0.2:1 is a loopback address"},
		"many.test":   {event.BlockedAddress, "127.0.1."},
		"silent.test": {event.DNS, "looking up silent.test took too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := hook(t, "w", "https://"+name+":1/")
			w.Timeout = 30 * time.Second
			p := plan(w)
			p.Egress.DNSServer = ns.address
			checkFailure(t, courier(t, p)(w, someDelivery("w")), want.class, 0, want.says)
		})
	}
}

func TestADNSServerThatIsDown(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	w := hook(t, "w", "https://a.test/")
	p := plan(w)
	p.Egress.DNSServer = netip.MustParseAddrPort(c.LocalAddr().String())
	w.Timeout = 30 * time.Second
	checkFailure(t, courier(t, p)(w, someDelivery("w")), event.DNS, 0, "looking up a.test")
}

// Each of the two resolvers of Go spells addresses in its own way; the guard
// sees what comes of it. One process has one of them, so there are two.
func TestBothResolversAreGuarded(t *testing.T) {
	const marker = "POSTERN_TEST_RESOLVER"
	if os.Getenv(marker) != "" {
		checkSpellings(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, resolver := range []string{"go", "cgo"} {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestBothResolversAreGuarded$")
		cmd.Env = append(os.Environ(), marker+"=1", "GODEBUG=netdns="+resolver)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", resolver, err, out)
		}
	}
}

func checkSpellings(t *testing.T) {
	var served atomic.Int32
	port, canary := receiverWithCanaries(t, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	hosts := []string{
		"127.0.0.2", "localhost", "LOCALHOST", "localhost.", "[::1]", "0.0.0.0", "[::]", "127.0.0.2.", "127.9.9.9",
		"[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "[::127.0.0.2]", "[::ffff:0:127.0.0.2]", "[64:ff9b::7f00:2]", "[64:ff9b:1::7f00:2]",
		"[2002:7f00:2::]", "[2001:0:1::80ff:fffd]", "[fec0::1]", "169.254.169.254", "[fd00:ec2::254]",
		"2130706434", "0x7f.2", "0177.0.0.2", "127.2", "0", "0x7f000002",
	}
	for _, host := range hosts {
		w := hook(t, "w", fmt.Sprintf("http://%s:%d/", host, port))
		w.Timeout = 10 * time.Second
		p := plan(w)
		p.Egress.Allow, p.Egress.AllowHTTP = rules("127.0.0.3", fmt.Sprintf("127.0.0.1:%d", port+1)), everything
		o := courier(t, p)(w, someDelivery("w")).outcome
		if o.Class != event.BlockedAddress && o.Class != event.DNS {
			t.Errorf("%s: got %+v", host, o.Attempt)
		}
	}
	canary.check(t)
	if served.Load() > 0 {
		t.Error("the receiver was reached")
	}
}
