package watch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"
)

// The test runs itself in a mount namespace of its own.
func TestAFileReplacedOutsideOfItsMountIsToldOnce(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "POSTERN_TEST_MOUNT="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == 77 {
		t.Skipf("no mounting here: %v %s", err, out)
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// watchReplacedMount is the inner process. It returns its exit status.
func watchReplacedMount() int {
	top := os.Getenv("POSTERN_TEST_MOUNT")
	host, mounted := filepath.Join(top, "host.hcl"), filepath.Join(top, "mounted.hcl")
	for _, path := range []string{host, host + ".new", mounted} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	if err := unix.Mount(host, mounted, "", unix.MS_BIND, ""); err != nil {
		fmt.Println(err)
		return 77
	}

	core, logs := observer.New(zap.DebugLevel)
	ctx, stop := context.WithTimeout(context.Background(), deadline)
	defer stop()
	looks := 0
	w := Watcher{Path: mounted, Poll: time.Millisecond, Log: zap.New(core)}
	w.Extra = func() []string {
		switch looks++; looks {
		case 5:
			if logs.Len() > 0 {
				fmt.Println("told before anything happened", logs.All())
			}
			if err := os.Rename(host+".new", host); err != nil {
				fmt.Println(err)
			}
		case 20:
			stop()
		}
		return nil
	}
	if err := w.Run(ctx, func(context.Context) {}); err != nil {
		fmt.Println(err)
	}
	if n := logs.FilterMessageSnippet("replaced outside").Len(); n != 1 {
		fmt.Printf("%d warnings, want 1: %v\n", n, logs.All())
		return 1
	}
	return 0
}
