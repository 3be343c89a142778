package pages

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// A staying program runs in a terminal of its own, while a reader goes on in
// another.
type staying struct {
	shell *shell
	typed string
	pid   int // of its terminal
	out   string
	seen  int // bytes of what was printed that a page has shown
	ended bool
}

func (s *staying) printed() string {
	text, _ := os.ReadFile(s.out) // none: nothing was printed
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// shows waits until it has printed what a page shows.
func (s *staying) shows(shown []string) error {
	if strings.TrimSpace(strings.Join(shown, "")) == "" {
		return nil
	}
	found := until(func() bool {
		n := next(shown, s.printed()[s.seen:])
		if n >= 0 {
			s.seen += n
		}
		return n >= 0
	})
	if !found {
		return fmt.Errorf("%s has not printed\n%s", s.typed, strings.Join(shown, "\n"))
	}
	return nil
}

// ends waits for the end of it, and for what a page shows of that.
func (s *staying) ends(shown []string) error {
	if _, _, err := s.shell.run(fmt.Sprintf("wait %d", s.pid)); err != nil {
		return fmt.Errorf("%s does not end: %w", s.typed, err)
	}
	s.ended = true
	return s.shows(shown)
}

// interrupt is Ctrl-C.
func (s *staying) interrupt() { _ = syscall.Kill(s.pid, syscall.SIGINT) }

// kill ends it without a word.
func (s *staying) kill() {
	if !s.ended {
		_ = syscall.Kill(s.pid, syscall.SIGTERM)
		_, _, _ = s.shell.run(fmt.Sprintf("wait %d", s.pid))
	}
}

// until asks again until done says yes, for as long as patience lasts.
func until(done func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !done() {
		select {
		case <-late:
			return false
		case <-tick.C:
		}
	}
	return true
}
