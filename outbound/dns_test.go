package outbound

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// Codes of DNS answers.
const (
	noError       = 0
	serverFailure = 2
	noSuchName    = 3
	noAnswerAtAll = -1
	typeA         = 1
	typeCNAME     = 5
	typeAAAA      = 28
)

// A nameServer is a DNS server of the test's own, over UDP and TCP.
type nameServer struct {
	address netip.AddrPort

	mu    sync.Mutex
	names map[string]func(n int) found // n counts the questions for A from 1
	asked map[string]int
	whole int // questions of any kind
}

// found is what a name leads to.
type found struct {
	addrs []string
	alias string // a CNAME
	code  int
}

func addresses(a ...string) func(int) found { return func(int) found { return found{addrs: a} } }

// newNameServer answers for the names that are added to it.
func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	return newNameServerAt(t, "127.0.0.1:0")
}

func newNameServerAt(t *testing.T, address string) *nameServer {
	t.Helper()
	udp, tcp := listenBoth(t, address)
	s := &nameServer{address: netip.MustParseAddrPort(udp.LocalAddr().String()), names: map[string]func(int) found{}, asked: map[string]int{}}
	var all sync.WaitGroup
	all.Go(func() { s.serveUDP(udp) })
	all.Go(func() { s.serveTCP(tcp) })
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		all.Wait()
	})
	return s
}

// listenBoth listens for UDP and for TCP: of port 0, at one that is free for both.
func listenBoth(t *testing.T, address string) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 {
		udp, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := net.Listen("tcp", udp.LocalAddr().String())
		if err == nil {
			return udp, tcp
		}
		udp.Close()
	}
	t.Fatal("no port is free for both")
	return nil, nil
}

// add lets a name lead somewhere. A name ends with a dot.
func (s *nameServer) add(name string, to func(n int) found) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[name] = to
}

func (s *nameServer) questions(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

func (s *nameServer) serveUDP(c net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := s.answer(buf[:n]); answer != nil {
			if len(answer) > 1232 {
				answer[2] |= 0x02 // truncated: ask by TCP
				answer = answer[:1232]
			}
			_, _ = c.WriteTo(answer, from)
		}
	}
}

func (s *nameServer) serveTCP(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		var size [2]byte
		if _, err := c.Read(size[:]); err == nil {
			buf := make([]byte, binary.BigEndian.Uint16(size[:]))
			if n, err := c.Read(buf); err == nil {
				if answer := s.answer(buf[:n]); answer != nil {
					_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
				}
			}
		}
		c.Close()
	}
}

// answer is one message for another; nil: silence.
func (s *nameServer) answer(q []byte) []byte {
	name, end := readName(q, 12)
	kind := binary.BigEndian.Uint16(q[end:])
	to := s.lookUp(name, kind)
	if to.code == noAnswerAtAll {
		return nil
	}
	out := append([]byte{q[0], q[1], 0x81, 0x80 | byte(to.code), 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end+4]...)
	count := 0
	owner := []byte{0xc0, 12} // the name that was asked for
	record := func(kind uint16, data []byte) {
		count++
		out = append(out, owner...)
		out = binary.BigEndian.AppendUint16(out, kind)
		out = append(out, 0, 1, 0, 0, 0, 0) // IN, not to be kept
		out = binary.BigEndian.AppendUint16(out, uint16(len(data)))
		out = append(out, data...)
	}
	if to.alias != "" {
		record(typeCNAME, writeName(to.alias))
		owner = writeName(to.alias)
	}
	for _, a := range to.addrs {
		if addr := netip.MustParseAddr(a); addr.Is4() == (kind == typeA) {
			record(kind, addr.AsSlice())
		}
	}
	binary.BigEndian.PutUint16(out[6:], uint16(count))
	return out
}

func (s *nameServer) lookUp(name string, kind uint16) found {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = strings.ToLower(name)
	s.whole++
	if kind == typeA {
		s.asked[name]++
	}
	to, known := s.names[name]
	if !known {
		return found{code: noSuchName}
	}
	return to(max(s.asked[name], 1))
}

func readName(m []byte, at int) (name string, end int) {
	for m[at] != 0 {
		n := int(m[at])
		name += string(m[at+1:at+1+n]) + "."
		at += 1 + n
	}
	return name, at + 1
}

func writeName(name string) (out []byte) {
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		out = append(append(out, byte(len(label))), label...)
	}
	return append(out, 0)
}
