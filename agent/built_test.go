//go:build crash || power

package agent_test

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// built is the path of the program itself.
func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "postern")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// runs is the command line of the program over a world.
func runs(binary string, w *world) []string { return []string{binary, "run", "--config", w.conf} }

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
