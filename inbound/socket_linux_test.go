package inbound

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// TestOthersCannotConnect at any moment while sockets come and go, under an
// umask that would let them.
func TestOthersCannotConnect(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs another user")
	}
	path := socketPath(t)
	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	defer syscall.Umask(syscall.Umask(0))
	var nobody sync.Once
	comeAndGo(t, path, 0, func() (refused int) {
		nobody.Do(func() { becomeNobody(t) })
		_, err := net.Dial("unix", path)
		switch {
		case errors.Is(err, syscall.EACCES):
			refused++
		case !errors.Is(err, syscall.ENOENT):
			t.Errorf("another user: %v", err)
		}
		return refused
	})
}

// becomeNobody changes the user of this goroutine's thread, which ends with it.
func becomeNobody(t *testing.T) {
	runtime.LockOSThread()
	const nobody = 65534
	for _, call := range []struct{ number, argument uintptr }{
		{syscall.SYS_SETGROUPS, 0}, {syscall.SYS_SETRESGID, nobody}, {syscall.SYS_SETRESUID, nobody},
	} {
		if _, _, e := syscall.RawSyscall(call.number, call.argument, call.argument, call.argument); e != 0 {
			t.Error(e)
		}
	}
}
