package process

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what has to happen.
const patience = time.Minute

// Build compiles the command in dir to a file, as ours is shipped but for its profile,
// which would have everything compiled twice: without cgo the storage has its memory
// from Go, too.
func Build(file, dir string) error {
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, dir)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", dir, err, out)
	}
	return nil
}

// Options of Start.
type Options struct {
	Command []string  // with its arguments; it logs JSON to standard error
	Dir     string    // where it runs; empty: where the test does
	Env     []string  // variables beside the test's own
	Log     io.Writer // gets the log line by line; nil: nobody does
}

// An Agent is one process of the agent, from its start to its end.
type Agent struct {
	Events  []string      // addresses of its doors, once it is ready
	Console string        // of its console
	Ended   chan struct{} // closed when it has

	t       testing.TB
	command *exec.Cmd
	opened  chan struct{} // closed when its doors are
}

// Start runs an agent until the end of the test at most.
func Start(t testing.TB, o Options) *Agent {
	t.Helper()
	if o.Log == nil {
		o.Log = io.Discard
	}
	a := &Agent{t: t, command: exec.Command(o.Command[0], o.Command[1:]...), opened: make(chan struct{}), Ended: make(chan struct{})}
	a.command.Dir = o.Dir
	a.command.Env = append(a.command.Environ(), o.Env...)
	log, err := a.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(a.Ended)
		a.read(log, o.Log)
		_ = a.command.Wait() // it is killed, or says on its log why it ended
	}()
	t.Cleanup(a.Kill)
	return a
}

// read passes the log on, and learns where the doors are.
func (a *Agent) read(log io.Reader, to io.Writer) {
	for lines := bufio.NewReader(log); ; {
		text, err := lines.ReadBytes('\n')
		var line struct {
			Message string `json:"msg"`
			Events  []string
			Console string
		}
		if json.Unmarshal(text, &line) == nil && line.Message == "ready" {
			a.Events, a.Console = line.Events, line.Console
			close(a.opened)
		}
		_, _ = to.Write(text) // a test's buffer doesn't fail
		if err != nil {
			return
		}
	}
}

// Ready waits for the doors, and tells whether they are open or it has ended.
func (a *Agent) Ready() bool {
	a.t.Helper()
	select {
	case <-a.opened:
		return true
	case <-a.Ended:
		return false
	case <-time.After(patience):
		a.t.Fatal("the agent is not ready")
		return false
	}
}

// PID is that of the agent, which may be the child of one that traces it.
func (a *Agent) PID() int {
	own := a.command.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", own))
	if err != nil {
		return own
	}
	if child, err := strconv.Atoi(strings.TrimSpace(string(children))); err == nil {
		return child
	}
	return own
}

// Kill ends it as nothing else does, and waits for its end.
func (a *Agent) Kill() {
	select {
	case <-a.Ended: // and its id may be that of another one
	default:
		_ = syscall.Kill(a.PID(), syscall.SIGKILL) // which it may have forestalled
		<-a.Ended
	}
}

// Signal sends it a signal.
func (a *Agent) Signal(which os.Signal) {
	a.t.Helper()
	if err := a.command.Process.Signal(which); err != nil {
		a.t.Fatal(err)
	}
}

// Stop wants an orderly end.
func (a *Agent) Stop() {
	a.t.Helper()
	a.Signal(syscall.SIGTERM)
	select {
	case <-a.Ended:
	case <-time.After(patience):
		a.t.Fatal("the agent does not stop")
	}
	if !a.command.ProcessState.Success() {
		a.t.Errorf("it ended with %v", a.command.ProcessState)
	}
}
