package systemd

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestListenersAreTakenAndLeftWhereTheyAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	held, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for range 2 { // one process after the other
		f, err := held.File()
		if err != nil {
			t.Fatal(err)
		}
		l, err := listener(f)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got, err := l.Accept(); err != nil {
			t.Error(err)
		} else {
			got.Close()
		}
		if l.Addr().String() != path {
			t.Errorf("it is at %s", l.Addr())
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("the file stays open: %v", err)
		}
	}
}

func TestWhatNobodyCanConnectToIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	held, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	connected, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	plain, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	of := func(c interface{ File() (*os.File, error) }) *os.File {
		f, err := c.File()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for name, f := range map[string]*os.File{
		"a connection": of(connected.(*net.UnixConn)),
		"datagrams":    of(datagrams.(*net.UDPConn)),
		"a file":       plain,
	} {
		if l, err := listener(f); l != nil || !errors.Is(err, errNoStream) {
			t.Errorf("%s: %v %v", name, l, err)
		}
	}
}
