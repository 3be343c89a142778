package agent

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/inbound"
	"github.com/posternhq/postern/internal/door"
	"github.com/posternhq/postern/internal/systemd"
)

// doors are the listeners: open, and not yet served.
type doors struct {
	mu      sync.Mutex // guards what follows against addresses, which attempts ask for
	events  []opened
	console net.Listener
}

// An opened is a listener, and the block that asked for it.
type opened struct {
	net.Listener
	settings config.Listen
}

// open opens every listener of a configuration, or none. Those that the service
// manager holds open are taken instead.
func (d *doors) open(g *config.Generation, sockets []systemd.Socket) error {
	all := places(g)
	if err := hand(sockets, all); err != nil {
		return err
	}
	for i, l := range g.Listen {
		one, err := listen(l, all[i].socket)
		if err != nil {
			d.close()
			return err
		}
		d.mu.Lock()
		d.events = append(d.events, opened{one, l})
		d.mu.Unlock()
	}
	one, err := listen(config.Listen{Address: g.Console.Address}, all[len(g.Listen)].socket)
	if err != nil {
		d.close()
		return fmt.Errorf("console: %w", err)
	}
	d.mu.Lock()
	d.console = one
	d.mu.Unlock()
	return nil
}

// listen opens a door, unless there is a socket for it.
func listen(l config.Listen, socket net.Listener) (net.Listener, error) {
	switch {
	case socket != nil:
		return socket, nil
	case l.Kind == "unix":
		return inbound.ListenUnix(l.Path, l.Mode)
	}
	return inbound.ListenHTTP(l.Address)
}

// close closes what is open; a listener that was served is closed already.
func (d *doors) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.events {
		_ = l.Close()
	}
	if d.console != nil {
		_ = d.console.Close()
	}
}

// addresses are those of our own doors, which no webhook may reach.
func (d *doors) addresses() []netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	var own []netip.AddrPort
	for _, l := range append([]net.Listener{d.console}, d.listeners()...) {
		if l == nil {
			continue
		}
		if t, ok := l.Addr().(*net.TCPAddr); ok {
			own = append(own, t.AddrPort())
		}
	}
	return own
}

func (d *doors) listeners() []net.Listener {
	out := make([]net.Listener, len(d.events))
	for i, l := range d.events {
		out[i] = l.Listener
	}
	return out
}

// names are the addresses as people write them.
func (d *doors) names() Addresses {
	d.mu.Lock()
	defer d.mu.Unlock()
	var n Addresses
	for _, l := range d.events {
		n.Events = append(n.Events, l.Addr().String())
	}
	if d.console != nil {
		n.Console = d.console.Addr().String()
	}
	return n
}

// serveEvents serves one event door until ctx ends, and then lets requests under
// way finish within drain.
func (a *Agent) serveEvents(ctx context.Context, d opened, drain time.Duration) error {
	s := inbound.Server{Options: inbound.Options{
		Accepter: a, Await: a.await, Metrics: a.metrics, Log: a.log,
		Token: d.settings.Token, Hosts: d.settings.Hosts,
		Limits: door.Limits{
			Drain:       max(drain, time.Millisecond), // none at all is a default there
			Connections: a.connections(),
		},
	}}
	return a.served(ctx, s.Serve(ctx, d.Listener))
}

// connections that each door may hold.
func (a *Agent) connections() int {
	return connections(sharedFiles(mostFiles()), len(a.doors.events)+1)
}
