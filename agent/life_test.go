package agent_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A life is one process of the agent, from its start to its end.
type life struct {
	t       testing.TB
	command *exec.Cmd
	opened  chan struct{} // closed when its doors are
	ended   chan struct{}
	reading sync.WaitGroup
	events  string // address of the door
	console string
}

// startLife runs an agent over a world by a command line, which with none is the
// test binary as an agent.
func startLife(t testing.TB, w *world, command, env []string) *life {
	t.Helper()
	if len(command) == 0 {
		command, env = os.Args[:1], append(env, asAgent+"="+w.conf)
	}
	l := &life{t: t, command: exec.Command(command[0], command[1:]...), opened: make(chan struct{}), ended: make(chan struct{})}
	l.command.Env = append(os.Environ(), env...)
	stderr, err := l.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.command.Start(); err != nil {
		t.Fatal(err)
	}
	l.reading.Go(func() {
		defer close(l.ended)
		l.read(stderr, w)
		_ = l.command.Wait() // it is killed, or says on its log why it ended
	})
	t.Cleanup(l.kill)
	return l
}

// read keeps the log but for its many attempts, and learns where the doors are.
func (l *life) read(log io.Reader, w *world) {
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
			l.events, l.console = line.Events[0], line.Console
			close(l.opened)
		}
		if line.Message != "attempt" {
			_, _ = w.log.Write(append(bytes.Clone(lines.Bytes()), '\n')) // a buffer doesn't fail
		}
	}
}

// ready waits for the doors, and tells whether they are open or it has ended.
func (l *life) ready() bool {
	l.t.Helper()
	select {
	case <-l.opened:
		return true
	case <-l.ended:
		return false
	case <-time.After(patience):
		l.t.Fatal("the agent is not ready")
		return false
	}
}

// kill ends it as nothing else does, and waits for its end.
func (l *life) kill() {
	select {
	case <-l.ended: // and its id may be that of another one
	default:
		_ = syscall.Kill(l.pid(), syscall.SIGKILL) // which it may have forestalled
		<-l.ended
	}
}

// pid is that of the agent, which may be the child of one that traces it.
func (l *life) pid() int {
	own := l.command.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", own))
	if err != nil {
		return own
	}
	if child, err := strconv.Atoi(strings.TrimSpace(string(children))); err == nil {
		return child
	}
	return own
}

// stop wants an orderly end.
func (l *life) stop() {
	l.t.Helper()
	if err := l.command.Process.Signal(syscall.SIGTERM); err != nil {
		l.t.Fatal(err)
	}
	select {
	case <-l.ended:
	case <-time.After(patience):
		l.t.Fatal("the agent does not stop")
	}
	if !l.command.ProcessState.Success() {
		l.t.Errorf("it ended with %v", l.command.ProcessState)
	}
}
