//go:build reloads

package agent_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
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
	p := startProgram(t, s)
	s.hangUp = func() { p.signal(syscall.SIGHUP) }

	const posters = 4
	besiege := func(upTo int) needs {
		s.underLoad(posters, func() {
			for s.steps < upTo {
				s.step()
			}
		})
		s.finish()
		return p.needs(s)
	}
	before := besiege(*reloads / 5)
	after := besiege(*reloads)
	s.nothingLost()

	t.Logf("after a fifth: %v", before)
	t.Logf("at the end:    %v", after)
	if before.started != after.started || p.owner(s) != p.command.Process.Pid {
		t.Error("it is not the process that was started")
	}
	const idle = 5 * 8 // connections to the receiver: a file and two goroutines each
	if after.goroutines > before.goroutines+2*idle || after.files > before.files+idle || after.memory > before.memory*2 {
		t.Error("it needs more and more")
	}
	p.halt()
}

// A program is the agent as its users run it.
type program struct {
	t       *testing.T
	command *exec.Cmd
	reading sync.WaitGroup
}

func startProgram(t *testing.T, s *siege) *program {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "postern")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := &program{t: t, command: exec.Command(binary, "run", "--config", s.conf)}
	p.command.Dir = s.dir
	stderr, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	p.reading.Go(func() { read(stderr, s, ready) })
	t.Cleanup(func() {
		_ = p.command.Process.Kill() // of one that was halted there is nothing left to kill
		p.reading.Wait()
	})
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatalf("the program is not ready\n%s", s.log.String())
	}
	return p
}

// read keeps the log but for its many attempts, and learns where the doors are.
func read(log io.Reader, s *siege, ready chan struct{}) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct {
			Message string `json:"msg"`
			Events  []string
			Console string
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			line.Message = "not JSON"
		}
		if line.Message == "ready" {
			s.where.Events, s.where.Console = line.Events, line.Console
			close(ready)
		}
		if line.Message != "attempt" {
			_, _ = s.log.Write(append(bytes.Clone(lines.Bytes()), '\n')) // a buffer doesn't fail
		}
	}
}

func (p *program) signal(which os.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(which); err != nil {
		p.t.Fatal(err)
	}
}

// halt wants an orderly end.
func (p *program) halt() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.reading.Wait()
	if err := p.command.Wait(); err != nil {
		p.t.Errorf("it ended with %v", err)
	}
}

// owner is the process that has the data directory.
func (p *program) owner(s *siege) int {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "lock"))
	if err != nil {
		p.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		p.t.Fatal(err)
	}
	return pid
}

// needs are what a process takes from its machine while nothing happens.
type needs struct {
	started, goroutines, files, memory float64
}

func (n needs) String() string {
	return fmt.Sprintf("%.0f goroutines, %.0f files, %.1f MiB", n.goroutines, n.files, n.memory/(1<<20))
}

func (p *program) needs(s *siege) needs {
	p.t.Helper()
	_, text := s.ask("GET", "/metrics", "", nil)
	value := func(name string) float64 {
		match := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(text)
		if match == nil {
			p.t.Fatalf("no metric %s", name)
		}
		v, err := strconv.ParseFloat(match[1], 64)
		if err != nil {
			p.t.Fatal(err)
		}
		return v
	}
	return needs{
		started: value("process_start_time_seconds"), goroutines: value("go_goroutines"),
		files: value("process_open_fds"), memory: value("process_resident_memory_bytes"),
	}
}
