package inbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// ListenHTTP listens on host:port. Which hosts and tokens the door asks for
// follows from the address; see [Server.Serve].
func ListenHTTP(address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: another program has this port: choose another address, or end it", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine does not have that address", address)
	case err != nil:
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}
