package systemd

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// patience is how long a message may wait for room with the service manager.
const patience = time.Second

// A Service is this process as its service manager knows it. A nil *Service is one
// that no manager started: nothing is said, to nobody.
type Service struct {
	watchdog time.Duration
	sockets  []Socket
	notify   string // the manager's socket; empty: it doesn't want to hear

	mu       sync.Mutex
	status   string    // that was said last
	extended time.Time // when more time was asked for last
}

// Take finds out who started the process, and what it was given. It is called
// once, at the start, and takes the variables away. nil: no service manager did.
func Take() (*Service, error) {
	s := &Service{notify: os.Getenv("NOTIFY_SOCKET")}
	_ = os.Unsetenv("NOTIFY_SOCKET") // a name without = can't fail
	watchdog, err := daemon.SdWatchdogEnabled(true)
	if err != nil {
		return nil, fmt.Errorf("the watchdog of the service manager: %w", err)
	}
	if s.sockets, err = sockets(); err != nil {
		return nil, err
	}
	if s.notify == "" && len(s.sockets) == 0 {
		return nil, nil
	}
	if s.notify != "" {
		s.watchdog = watchdog
	}
	return s, nil
}

// Ready says that the process does its work, for the first time or again.
func (s *Service) Ready(status string) error { return s.send(status, "READY=1") }

// Reloading says that it reads its configuration, until Ready is said.
func (s *Service) Reloading() error {
	return s.send("", "RELOADING=1", strings.TrimSpace(daemon.SdNotifyMonotonicUsec()))
}

// Stopping says that it ends, which may take so long.
func (s *Service) Stopping(status string, within time.Duration) error {
	return s.send(status, "STOPPING=1", extend(within))
}

// Status says how it is, in one line, unless that was said already.
func (s *Service) Status(status string) error {
	if s == nil || s.said(status) {
		return nil
	}
	return s.send(status)
}

// Watches is how long the process may be without saying Alive; 0: nobody watches.
func (s *Service) Watches() time.Duration {
	if s == nil {
		return 0
	}
	return s.watchdog
}

// Handed are the sockets that the manager holds open for the process. Who takes
// them closes them.
func (s *Service) Handed() []Socket {
	if s == nil {
		return nil
	}
	return s.sockets
}

// Alive says that the process does its work still.
func (s *Service) Alive() error { return s.send("", "WATCHDOG=1") }

// Extend asks for more time, while the process starts and gets on with it. It may
// be called often: a third of that time passes before it is asked for again.
func (s *Service) Extend(by time.Duration) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	now := time.Now()
	soon := !s.extended.IsZero() && now.Sub(s.extended) < by/3
	if !soon {
		s.extended = now
	}
	s.mu.Unlock()
	if soon {
		return nil
	}
	return s.send("", extend(by))
}

func extend(by time.Duration) string {
	return fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", by.Microseconds())
}

func (s *Service) said(status string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status == status
}

// send sends one datagram, with a status or without.
func (s *Service) send(status string, lines ...string) error {
	if s == nil || s.notify == "" {
		return nil
	}
	if status != "" {
		status = line(status)
		lines = append(lines, "STATUS="+status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := post(s.notify, strings.Join(lines, "\n")); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	if status != "" {
		s.status = status
	}
	return nil
}

// post connects anew each time: the manager's socket may be another one by now.
func post(to, message string) error {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: to, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err = c.Write([]byte(message))
	return err
}
