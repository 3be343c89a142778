//go:build soak

package agent_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var soaked = flag.Duration("soak", 10*time.Minute, "how long the soak takes")

// TestTheProgramThroughASoak is run by `make soak`: the program itself, with
// receivers that fail in every way and get well again. At the end it needs about
// what it needed at the beginning.
func TestTheProgramThroughASoak(t *testing.T) {
	s := newSoak(t, 100*time.Millisecond, 4*time.Second)
	l := startLife(t, s.world, runs(built(t), s.world), nil)
	s.mustEnter(l)
	s.alone(*soaked / 20)
	before := l.needs()
	before.files -= openTables(t, l.PID())
	s.wet(*soaked - *soaked/10)
	s.dry()
	s.alone(*soaked / 20) // the machine may have become slower or faster meanwhile
	s.account()
	after := l.needs()
	defer func() {
		t.Logf("after the healthy receiver alone: %v", before)
		t.Logf("at the end:                       %v", after)
	}()
	s.within(2*patience, "connections at rest to be closed", func() bool { // after 30 seconds
		after = l.needs()
		after.files -= openTables(t, l.PID())
		return after.goroutines <= before.goroutines+hands && after.files <= before.files+few
	})
	if before.started != after.started || s.owner() != l.PID() {
		t.Error("it is not the process that was started")
	}
	if after.memory > before.memory+most {
		t.Errorf("it needs %.1f MiB more than at the beginning", (after.memory-before.memory)/(1<<20))
	}
	l.Stop()
}

const (
	// A lane's goroutine ends with its work. Those that made attempts wait for
	// further ones, so many of them and no more.
	hands = 64

	// A connection ends after 30 seconds without work. Left is whatever answers the
	// question.
	few = 20

	// The store fills its cache (8 MiB) and its memtables (twice 4 MiB), and the
	// collector lets as much garbage lie as there is of what lives.
	most = 48 << 20
)

// openTables are files of a process that the store keeps open, and bounds by itself.
func openTables(t *testing.T, pid int) (n float64) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if to, err := os.Readlink(filepath.Join(dir, f.Name())); err == nil && strings.HasSuffix(to, ".sst") { // else closed by now
			n++
		}
	}
	return n
}
