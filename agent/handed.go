package agent

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/systemd"
)

// The names by which a service manager says which door a socket is for.
const (
	eventsName  = "events"
	consoleName = "console"
)

// A place is a door of the configuration, to which a socket can belong.
type place struct {
	name    string // the role: events or console
	kind    string // http or unix
	address string // host:port or path
	socket  net.Listener
}

// places are the doors of a configuration: the listen blocks, and the console.
func places(g *config.Generation) []place {
	var all []place
	for _, l := range g.Listen {
		all = append(all, place{name: eventsName, kind: l.Kind, address: l.Address + l.Path})
	}
	return append(all, place{name: consoleName, kind: "http", address: g.Console.Address})
}

// hand gives each socket to the door that it is for. Its address says which that
// is; or else its name does, if only one door of that name and kind is left. One
// that is for no door is an error: who opened it expects somebody behind it.
func hand(sockets []systemd.Socket, doors []place) error {
	var rest []systemd.Socket
	for _, s := range sockets {
		if i := slices.IndexFunc(doors, func(p place) bool { return p.free(s) && p.at(s.Addr()) }); i >= 0 {
			doors[i].socket = s.Listener
		} else {
			rest = append(rest, s)
		}
	}
	for _, s := range rest {
		var fit []int
		for i := range doors {
			if doors[i].name == s.Name && doors[i].free(s) {
				fit = append(fit, i)
			}
		}
		if len(fit) != 1 {
			return homeless(s, len(fit))
		}
		doors[fit[0]].socket = s.Listener
	}
	return nil
}

func homeless(s systemd.Socket, fit int) error {
	at := fmt.Sprintf("the service manager holds the socket %q open at %s", s.Name, s.Addr())
	if fit > 1 {
		return fmt.Errorf("%s, and %d doors could be meant: give one of them this address", at, fit)
	}
	return fmt.Errorf("%s, which is no door of this configuration: give a listen block or the console this address, or name the socket %s or %s (FileDescriptorName=)", at, eventsName, consoleName)
}

// free tells whether a door has no socket yet and may get this one.
func (p place) free(s systemd.Socket) bool {
	named := s.Name == eventsName || s.Name == consoleName
	return p.socket == nil && p.kind == kindOf(s.Addr()) && (!named || s.Name == p.name)
}

func kindOf(a net.Addr) string {
	if _, ok := a.(*net.UnixAddr); ok {
		return "unix"
	}
	return "http"
}

// at tells whether a socket is where the door is to be.
func (p place) at(a net.Addr) bool {
	switch a := a.(type) {
	case *net.UnixAddr:
		path, err := filepath.Abs(p.address)
		return err == nil && path == filepath.Clean(a.Name)
	case *net.TCPAddr:
		host, port, err := net.SplitHostPort(p.address)
		return err == nil && port == strconv.Itoa(a.Port) && sameHost(host, a.AddrPort().Addr().Unmap())
	}
	return false
}

// sameHost compares a host as it is written to an address that is listened on. All
// ways to write all addresses are one.
func sameHost(host string, at netip.Addr) bool {
	if host == "localhost" {
		return at.IsLoopback()
	}
	want, err := netip.ParseAddr(host)
	if host == "" || err == nil && want.IsUnspecified() {
		return at.IsUnspecified()
	}
	return err == nil && want.Unmap() == at
}
