package outbound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	inside  = "POSTERN_TEST_NETWORK" // set in a process whose network is its own
	without = 77                     // its exit status where there can't be one
)

// inOwnNetwork plays in a process with a network of its own, once for each of Go's
// resolvers. In it every address there is, of both kinds, is an address of this
// machine, so that whoever connects to one can be heard; names are resolved by a
// server of the test's own, and by its own /etc/hosts. It needs no root, but a
// kernel that gives namespaces to users; where there are none the test is skipped.
func inOwnNetwork(t *testing.T, play func(*testing.T, *nameServer), environment ...string) {
	t.Helper()
	if os.Getenv(inside) != "" {
		play(t, enterNetwork(t))
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, resolver := range []string{"go", "cgo"} {
		t.Run(resolver, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+filepath.Dir(t.Name())+"$")
			cmd.Env = append(append(os.Environ(), inside+"=1", "GODEBUG=netdns="+resolver), environment...)
			cmd.SysProcAttr = ownNamespaces()
			out, err := cmd.CombinedOutput()
			var end *exec.ExitError
			switch {
			case errors.As(err, &end) && end.ExitCode() == without, errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EINVAL):
				t.Skipf("this machine gives no namespaces: %v\n%s", err, out)
			case err != nil:
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// ownNamespaces are of users, in which we are root, of the network, and of mounts.
func ownNamespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
}

// enterNetwork makes the network that inOwnNetwork tells of, in a process that has
// an empty one.
func enterNetwork(t *testing.T) *nameServer {
	t.Helper()
	must := func(what string, err error) {
		t.Helper()
		switch {
		case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EAFNOSUPPORT), errors.Is(err, syscall.EOPNOTSUPP):
			fmt.Printf("%s: %v\n", what, err) // a guarded machine, or one without IPv6
			os.Exit(without)
		case err != nil:
			t.Fatalf("%s: %v", what, err)
		}
	}
	loopback, err := net.InterfaceByName("lo")
	must("the loopback interface", err)
	must("bring it up", netlink(unix.RTM_NEWLINK, unix.IfInfomsg{Index: int32(loopback.Index), Flags: unix.IFF_UP, Change: unix.IFF_UP}))
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		must("make every address local", netlink(unix.RTM_NEWROUTE,
			unix.RtMsg{Family: family, Table: unix.RT_TABLE_LOCAL, Protocol: unix.RTPROT_BOOT, Scope: unix.RT_SCOPE_HOST, Type: unix.RTN_LOCAL},
			unix.RtAttr{Len: 8, Type: unix.RTA_OIF}, uint32(loopback.Index)))
	}
	must("keep mounts to ourselves", unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	for path, text := range map[string]string{
		"/etc/resolv.conf": "nameserver 127.0.0.1\nsearch inside.test\noptions timeout:1 attempts:1\n",
		"/etc/hosts":       "127.0.0.1 localhost\n::1 localhost\n127.0.0.2 hosts.test\n169.254.169.254 metadata\n",
	} {
		ours := filepath.Join(t.TempDir(), "file")
		must("write "+path, os.WriteFile(ours, []byte(text), 0o600))
		must("mount "+path, unix.Mount(ours, path, "", unix.MS_BIND, ""))
	}
	return newNameServerAt(t, "127.0.0.1:53")
}

// netlink asks the kernel for one thing that is not there yet, and waits for its
// answer.
func netlink(kind uint16, parts ...any) error {
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	var body bytes.Buffer
	for _, p := range parts {
		if err := binary.Write(&body, binary.NativeEndian, p); err != nil {
			return err
		}
	}
	head := unix.NlMsghdr{Len: uint32(unix.SizeofNlMsghdr + body.Len()), Type: kind, Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | unix.NLM_F_CREATE}
	var message bytes.Buffer
	if err := binary.Write(&message, binary.NativeEndian, head); err != nil {
		return err
	}
	message.Write(body.Bytes())
	if err := unix.Sendto(s, message.Bytes(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(s, answer, 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 {
		return errors.New("the kernel answers too little")
	}
	if code := int32(binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
