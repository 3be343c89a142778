//go:build reloads

package agent_test

import (
	"flag"
	"syscall"
	"testing"
	"time"
)

var reloads = flag.Int("reloads", 1000, "how often the configuration changes")

// TestTheProgramUnderReloads is run by `make reloads`: the program itself, a
// thousand changes on disk, half of them broken. It stays one process that needs no
// more of anything at the end than it needed at the beginning.
func TestTheProgramUnderReloads(t *testing.T) {
	s := newSiege(t, "info")
	s.pace, s.unasked = 10*time.Millisecond, 2
	l := startLife(t, s.world, runs(built(t), s.world), nil)
	s.mustEnter(l)
	s.hangUp = func() { l.Signal(syscall.SIGHUP) }

	const posters = 4
	besiege := func(upTo int) needs {
		s.underLoad(posters, func() {
			for s.steps < upTo {
				s.step()
			}
		})
		s.finish()
		return l.needs()
	}
	before := besiege(*reloads / 5)
	after := besiege(*reloads)
	s.nothingLost()

	t.Logf("after a fifth: %v", before)
	t.Logf("at the end:    %v", after)
	if before.started != after.started || s.owner() != l.PID() {
		t.Error("it is not the process that was started")
	}
	const idle = 5 * 8 // connections to the receiver: a file each
	if after.goroutines > before.goroutines+idle || after.files > before.files+idle || after.memory > before.memory*2 {
		t.Error("it needs more and more")
	}
	l.Stop()
}
