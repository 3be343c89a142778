package outbound

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// A quieter is no socket, and knows by itself whether it is silent.
type quieter interface{ Quiet() bool }

// silent tells whether a connection at rest is open, and nothing has come in that
// nobody asked for. One that is not silent is of no use any more: what TLS has read
// ahead is gone. What is no socket is taken for silent unless it says no.
func silent(conn net.Conn) bool {
	switch c := conn.(type) {
	case *tls.Conn:
		return nothingAhead(c) && silent(c.NetConn())
	case *parting:
		return silent(c.Conn)
	case *tunnelled:
		return silent(c.Conn)
	case quieter:
		return c.Quiet()
	case syscall.Conn:
		return nothingCame(c)
	}
	return true
}

// nothingAhead tells whether TLS has read no more than was asked for. It reads
// without waiting, and so nothing from the socket. What TLS then had to say by itself,
// to a wish for other keys, is not waited for either, and shows when nothing is written.
func nothingAhead(c *tls.Conn) bool {
	if c.SetDeadline(time.Now()) != nil {
		return false
	}
	_, err := c.Read(make([]byte, 1))
	_, unsaid := c.Write(nil)
	return errors.Is(err, os.ErrDeadlineExceeded) && unsaid == nil && c.SetDeadline(time.Time{}) == nil
}

// nothingCame looks at what a socket has, and leaves it there.
func nothingCame(c syscall.Conn) (quiet bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN
		return true // there is nothing to wait for
	})
	return quiet && err == nil
}
