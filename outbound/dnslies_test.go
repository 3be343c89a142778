package outbound

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

// newLiar is a name server that says whatever it likes: by UDP, and by TCP.
func newLiar(t *testing.T, says func(question []byte) []byte, tcp func(net.Conn)) netip.AddrPort {
	t.Helper()
	udp, listener := listenBoth(t, "127.0.0.1:0")
	var all sync.WaitGroup
	all.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = udp.WriteTo(says(buf[:n]), from)
		}
	})
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				tcp(c)
			})
		}
	})
	t.Cleanup(func() {
		udp.Close()
		listener.Close()
		all.Wait()
	})
	return netip.MustParseAddrPort(udp.LocalAddr().String())
}

// spoilt changes the record of an answer, where it has one.
func spoilt(change func(answer []byte, record int) []byte) func([]byte) []byte {
	return func(q []byte) []byte {
		a := truthfully(q)
		_, end := readName(q, 12)
		if record := end + 4; record < len(a) {
			return change(a, record)
		}
		return a
	}
}

// truthfully answers a question with 127.0.0.1.
func truthfully(q []byte) []byte {
	s := &nameServer{names: map[string]func(int) found{}, asked: map[string]int{}}
	name, _ := readName(q, 12)
	s.names[name] = addresses("127.0.0.1")
	return s.answer(q)
}

// What a name server says of another question, or can't be read, is no answer.
func TestANameServerThatLies(t *testing.T) {
	falls := func(c net.Conn) {}
	stalls := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	truncated := spoilt(func(a []byte, record int) []byte {
		a[2] |= 0x02
		a[7] = 0
		return a[:record]
	})
	for name, tt := range map[string]struct {
		says func([]byte) []byte
		tcp  func(net.Conn)
	}{
		"nothing that can be read":               {says: func([]byte) []byte { return []byte("\xff\x00 not a message") }},
		"an answer with another number":          {says: func(q []byte) []byte { a := truthfully(q); a[0] ^= 0xff; return a }},
		"an answer to another question":          {says: func(q []byte) []byte { a := truthfully(q); a[13] ^= 0x01; return a }},
		"its question as an answer":              {says: func(q []byte) []byte { return q }},
		"more records than there are":            {says: spoilt(func(a []byte, _ int) []byte { a[6], a[7] = 0xff, 0xff; return a[:len(a)-4] })},
		"a name that leads to itself":            {says: spoilt(func(a []byte, record int) []byte { a[record+1] = byte(record); return a })},
		"an address of three bytes":              {says: spoilt(func(a []byte, _ int) []byte { a[len(a)-5]--; return a[:len(a)-1] })},
		"too much for UDP, and no TCP":           {says: truncated, tcp: falls},
		"too much for UDP, and TCP that is mute": {says: truncated, tcp: stalls},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.tcp == nil {
				tt.tcp = falls
			}
			w := hook(t, "w", "http://lies.test:1/")
			w.Timeout = time.Second
			p := plan(w)
			p.Egress.DNSServer = newLiar(t, tt.says, tt.tcp)
			checkFailure(t, courier(t, p)(w, someDelivery("w")), event.DNS, 0, "lies.test")
		})
	}
}

// A look-up that outlasts the attempt is what the attempt failed of, through a proxy
// too; one of the proxy's name is the proxy's.
func TestALookUpThatOutlastsTheAttempt(t *testing.T) {
	server := newLiar(t, func([]byte) []byte { return nil }, func(net.Conn) {})
	for name, tt := range map[string]struct {
		proxy *Proxy
		class event.Class
		says  string
	}{
		"directly":          {nil, event.DNS, "looking up silent.test took too long"},
		"through a proxy":   {proxyAt("127.0.0.1:1"), event.DNS, "looking up silent.test took too long"},
		"through none such": {&Proxy{Host: "proxy.test", Port: 1}, event.Proxy, "looking up proxy.test took too long"},
	} {
		t.Run(name, func(t *testing.T) {
			host := "silent.test"
			if tt.class == event.Proxy {
				host = "127.0.0.1"
			}
			w := hook(t, "w", "http://"+host+":1/")
			w.Timeout = 300 * time.Millisecond
			p := plan(w)
			p.Egress.DNSServer, p.Egress.Proxy = server, tt.proxy
			checkFailure(t, courier(t, p)(w, someDelivery("w")), tt.class, 0, tt.says)
		})
	}
}

// Names that lead nowhere, over and over, leave no socket open.
func TestLookUpsLeaveNoFiles(t *testing.T) {
	ns := newNameServer(t)
	ns.add("fails.test.", func(int) found { return found{code: serverFailure} })
	ns.add("empty.test.", func(int) found { return found{} })
	ns.add("loop.test.", func(int) found { return found{alias: "loop.test."} })
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf("127.0.1.%d", i)
	}
	ns.add("many.test.", addresses(many...))
	files := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(all)
	}
	before := files()
	for _, name := range []string{"none.test", "fails.test", "empty.test", "loop.test", "many.test"} {
		w := hook(t, "w", "https://"+name+":1/")
		p := plan(w)
		p.Egress.DNSServer = ns.address
		deliver := courier(t, p)
		for range 50 {
			if o := deliver(w, someDelivery("w")).outcome; o.Class != event.DNS && o.Class != event.BlockedAddress {
				t.Fatalf("%s: %+v", name, o.Attempt)
			}
		}
	}
	if now := files(); now > before+10 {
		t.Errorf("%d files are open, %d were before", now, before)
	}
}
