package agent_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/internal/process"
)

// A life is one process of the agent, from its start to its end.
type life struct {
	*process.Agent
	t testing.TB
}

// startLife runs an agent over a world by a command line, which with none is the
// test binary as an agent.
func startLife(t testing.TB, w *world, command, env []string) *life {
	t.Helper()
	o := process.Options{Command: command, Env: env, Log: terse{&w.log}}
	if len(command) == 0 {
		o = process.Options{Command: os.Args[:1], Env: append(env, asAgent+"="+w.conf), Log: &w.log}
	}
	return &life{process.Start(t, o), t}
}

// terse keeps the lines of a log but for those of attempts: a long life has too many
// to keep them.
type terse struct{ to *lines }

func (t terse) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(`"msg":"attempt"`)) {
		return len(line), nil
	}
	return t.to.Write(line)
}

// enter waits until a life takes events, in this world from now on; false: it has
// ended.
func (w *world) enter(l *life) bool {
	w.t.Helper()
	if !l.Ready() {
		return false
	}
	w.where = agent.Addresses{Events: l.Events, Console: l.Console}
	return true
}

// mustEnter wants it to take events.
func (w *world) mustEnter(l *life) {
	w.t.Helper()
	if !w.enter(l) {
		w.t.Fatalf("no agent\n%s", w.log.String())
	}
}
