package agent

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/systemd"
)

// standing is a listener that is somewhere.
type standing struct {
	net.Listener
	addr net.Addr
}

func (s standing) Addr() net.Addr { return s.addr }

func socketAt(name, where string) systemd.Socket {
	if strings.HasPrefix(where, "/") {
		return systemd.Socket{Listener: standing{addr: &net.UnixAddr{Name: where, Net: "unix"}}, Name: name}
	}
	return systemd.Socket{Listener: standing{addr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(where))}, Name: name}
}

func TestSocketsFindTheirDoors(t *testing.T) {
	type handed struct{ name, at string }
	for name, c := range map[string]struct {
		doors   []string // kind and address; the console is the last
		sockets []handed
		want    []string // of each door; empty: none
		err     string
	}{
		"by address, whatever the name": {
			doors:   []string{"http 127.0.0.1:7480", "unix /run/p.sock", "http 127.0.0.1:7481"},
			sockets: []handed{{"postern.socket", "127.0.0.1:7481"}, {"x", "/run/p.sock"}, {"LISTEN_FD_5", "127.0.0.1:7480"}},
			want:    []string{"127.0.0.1:7480", "/run/p.sock", "127.0.0.1:7481"},
		},
		"all ways to write an address": {
			doors:   []string{"http localhost:1", "http :2", "http 0.0.0.0:3", "http [::1]:4", "http 127.0.0.1:5"},
			sockets: []handed{{"x", "127.0.0.1:1"}, {"x", "[::]:2"}, {"x", "[::]:3"}, {"x", "[::1]:4"}, {"x", "[::ffff:127.0.0.1]:5"}},
			want:    []string{"127.0.0.1:1", "[::]:2", "[::]:3", "[::1]:4", "127.0.0.1:5"},
		},
		"by name": {
			doors:   []string{"http 127.0.0.1:7480", "unix /run/p.sock", "http 127.0.0.1:7481"},
			sockets: []handed{{"console", "127.0.0.1:3"}, {"events", "/run/other.sock"}, {"events", "127.0.0.1:1"}},
			want:    []string{"127.0.0.1:1", "/run/other.sock", "127.0.0.1:3"},
		},
		"the address before the name": {
			doors:   []string{"http 127.0.0.1:1", "http 127.0.0.1:2", "http 127.0.0.1:7481"},
			sockets: []handed{{"events", "127.0.0.1:9"}, {"events", "127.0.0.1:1"}},
			want:    []string{"127.0.0.1:1", "127.0.0.1:9", ""},
		},
		"none is not needed": {
			doors: []string{"http 127.0.0.1:1", "http 127.0.0.1:7481"},
			want:  []string{"", ""},
		},
		"two could be meant": {
			doors:   []string{"http 127.0.0.1:1", "http 127.0.0.1:2", "http 127.0.0.1:7481"},
			sockets: []handed{{"events", "127.0.0.1:9"}},
			err:     `the service manager holds the socket "events" open at 127.0.0.1:9, and 2 doors could be meant`,
		},
		"a name that does not fit the address": {
			doors:   []string{"http 127.0.0.1:1", "unix /run/p.sock", "http 127.0.0.1:7481"},
			sockets: []handed{{"console", "/run/p.sock"}},
			err:     "which is no door of this configuration",
		},
		"another path": {
			doors:   []string{"unix /run/p.sock", "http 127.0.0.1:7481"},
			sockets: []handed{{"postern.socket", "/run/q.sock"}},
			err:     "which is no door of this configuration",
		},
		"one too many": {
			doors:   []string{"http 127.0.0.1:1", "http 127.0.0.1:7481"},
			sockets: []handed{{"events", "127.0.0.1:1"}, {"events", "127.0.0.1:2"}},
			err:     "which is no door of this configuration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var doors []place
			for i, d := range c.doors {
				kind, address, _ := strings.Cut(d, " ")
				role := eventsName
				if i == len(c.doors)-1 {
					role = consoleName
				}
				doors = append(doors, place{name: role, kind: kind, address: address})
			}
			var sockets []systemd.Socket
			for _, s := range c.sockets {
				sockets = append(sockets, socketAt(s.name, s.at))
			}
			err := hand(sockets, doors)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range doors {
				got := ""
				if d.socket != nil {
					got = strings.Replace(d.socket.Addr().String(), "[::ffff:127.0.0.1]", "127.0.0.1", 1)
				}
				if got != c.want[i] {
					t.Errorf("%s gets %q, want %q", c.doors[i], got, c.want[i])
				}
			}
		})
	}
}
