package agent

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/posternhq/postern/internal/systemd"
)

// ear is a service manager's socket. It is read without waiting, for the time of
// a bubble is not that of the network.
func ear(t *testing.T, watchdog string) (heard func() []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", watchdog)
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return func() (all []string) {
		err := raw.Control(func(fd uintptr) {
			buf := make([]byte, 4096)
			for {
				n, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT)
				if err != nil {
					return
				}
				all = append(all, string(buf[:n]))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
}

func TestAStuckRoundLetsTheWatchdogBite(t *testing.T) {
	heard := ear(t, "60000000")
	service, err := systemd.Take()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		a := &Agent{log: zap.NewNop(), options: Options{Service: service}}
		a.phase.Store("stopping") // an agent that stops is watched, too
		gate, stuck := make(chan struct{}), errors.New("stuck for 1m5s: take from the line")
		var wrong error
		round := func(context.Context) error {
			<-gate
			return wrong
		}
		ended := make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- a.heartbeat(ctx, round) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := heard(); len(got) > 0 {
			t.Errorf("while a round does not end: %q", got)
		}
		gate <- struct{}{}
		synctest.Wait()
		if got := heard(); !slices.Equal(got, []string{"WATCHDOG=1"}) {
			t.Errorf("when it has: %q", got)
		}
		wrong = stuck
		for range 3 {
			gate <- struct{}{}
		}
		synctest.Wait()
		if got := heard(); !slices.Equal(got, []string{"STATUS=" + stuck.Error()}) {
			t.Errorf("while a loop is stuck: %q", got)
		}
		close(gate)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestTheWatchdogHearsThreeTimesAsOftenAsItHasTo(t *testing.T) {
	for watchdog, want := range map[string]time.Duration{"3000000": time.Second, "600000000": beatEvery} {
		heard := ear(t, watchdog)
		service, err := systemd.Take()
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			a := &Agent{log: zap.NewNop(), options: Options{Service: service}}
			a.phase.Store("stopping")
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- a.heartbeat(ctx, func(context.Context) error { return nil }) }()
			time.Sleep(10*want + want/2)
			synctest.Wait()
			if got := heard(); strings.Join(got, "") != strings.Repeat("WATCHDOG=1", 10) {
				t.Errorf("watchdog %s: %q", watchdog, got)
			}
			stop()
			<-ended
		})
	}
}
