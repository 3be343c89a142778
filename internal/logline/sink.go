package logline

import (
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A sink writes some of p, and returns how much. While it can't write without
// blocking it asks enough whether to give up, and then returns errEnough.
type sink func(p []byte, enough func() bool) (int, error)

var errEnough = errors.New("given up")

// pollMillis is how often a sink that nobody reads asks whether to give up.
const pollMillis = 50

func newSink(w io.Writer) sink {
	if f, ok := w.(*os.File); ok {
		if conn, err := f.SyscallConn(); err == nil {
			return func(p []byte, enough func() bool) (int, error) { return writeConn(conn, p, enough) }
		}
	}
	return func(p []byte, _ func() bool) (int, error) { return w.Write(p) }
}

// writeConn asks the kernel for room before it writes: standard error is in
// blocking mode, which belongs to all the processes that share it, and a write that
// blocks can't be taken back.
func writeConn(conn syscall.RawConn, p []byte, enough func() bool) (int, error) {
	for {
		var n int
		var writeErr error
		if err := conn.Control(func(fd uintptr) { n, writeErr = writeReady(int(fd), p) }); err != nil {
			return 0, err
		}
		switch writeErr {
		case nil:
			return n, nil
		case unix.EAGAIN, unix.EINTR:
			if enough() {
				return 0, errEnough
			}
		default:
			return 0, writeErr
		}
	}
}

// writeReady writes once there is room, or returns EAGAIN after a moment.
func writeReady(fd int, p []byte) (int, error) {
	ready, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, pollMillis)
	if err != nil {
		return 0, err
	}
	if ready == 0 {
		return 0, unix.EAGAIN
	}
	n, err := unix.Write(fd, p) // not by os: a broken pipe must not end the process
	if err == unix.EAGAIN {
		_, _ = unix.Poll(nil, pollMillis) // some room, not enough: not to be asked again at once
	}
	return max(n, 0), err
}
