package systemd

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/coreos/go-systemd/v22/activation"
	"golang.org/x/sys/unix"
)

// A Socket is a listener that the service manager opened and keeps: it is there
// before the process is, and after it. Closing it refuses nobody, and leaves the
// file of a Unix socket where it is.
type Socket struct {
	net.Listener
	Name string // FileDescriptorName=; else the name of the socket's unit
}

// sockets takes what the process was given.
func sockets() ([]Socket, error) {
	files := activation.Files(true)
	_ = os.Unsetenv("LISTEN_PIDFDID") // of later protocols
	taken := make([]Socket, 0, len(files))
	for _, f := range files {
		l, err := listener(f)
		if err != nil {
			for _, t := range taken {
				_ = t.Close()
			}
			return nil, fmt.Errorf("the socket %q of the service manager: %w", f.Name(), err)
		}
		taken = append(taken, Socket{l, f.Name()})
	}
	return taken, nil
}

// listener makes a listener of a file, which it closes.
func listener(f *os.File) (net.Listener, error) {
	defer f.Close()
	fd := int(f.Fd())
	if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_STREAM {
		return nil, errNoStream
	}
	if listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || listening == 0 {
		return nil, errNoStream
	}
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	return l, nil
}

var errNoStream = errors.New("nobody can connect to it: it has to be a listening one (ListenStream=, and Accept=no)")
