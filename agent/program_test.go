//go:build reloads || soak

package agent_test

import (
	"bufio"
	"bytes"
	"encoding/json"
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

// A program is the agent as its users run it.
type program struct {
	t       *testing.T
	command *exec.Cmd
	reading sync.WaitGroup
}

func startProgram(t *testing.T, w *world) *program {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "postern")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := &program{t: t, command: exec.Command(binary, "run", "--config", w.conf)}
	p.command.Dir = w.dir
	stderr, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	p.reading.Go(func() { read(stderr, w, ready) })
	t.Cleanup(func() {
		_ = p.command.Process.Kill() // of one that was halted there is nothing left to kill
		p.reading.Wait()
	})
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatalf("the program is not ready\n%s", w.log.String())
	}
	return p
}

// read keeps the log but for its many attempts, and learns where the doors are.
func read(log io.Reader, w *world, ready chan struct{}) {
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
			w.where.Events, w.where.Console = line.Events, line.Console
			close(ready)
		}
		if line.Message != "attempt" {
			_, _ = w.log.Write(append(bytes.Clone(lines.Bytes()), '\n')) // a buffer doesn't fail
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
func (p *program) owner(w *world) int {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "data", "lock"))
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

func (p *program) needs(w *world) needs {
	p.t.Helper()
	_, text := w.ask("GET", "/metrics", "", nil)
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
