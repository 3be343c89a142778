package examples

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/process"
)

// patience is how long a test waits for what has to happen.
const patience = time.Minute

// workshop is where programs are built, for as long as the tests run.
var workshop string

func TestMain(m *testing.M) {
	var err error
	if workshop, err = os.MkdirTemp("", "postern-examples"); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := os.RemoveAll(workshop); err != nil {
		panic(err)
	}
	os.Exit(status)
}

var building sync.Mutex

// build compiles one of our commands, once.
func build(dir string) (string, error) {
	building.Lock()
	defer building.Unlock()
	program := filepath.Join(workshop, strings.Trim(dir, "./")+".built")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	return program, process.Build(program, dir)
}

// A program is the agent as its users run it, with its configuration in dir.
type program struct {
	*process.Agent
	t   *testing.T
	dir string
}

// start runs the agent with a configuration, and variables beside its own, until
// the test ends.
func start(t *testing.T, configuration string, variables ...string) *program {
	t.Helper()
	binary, err := build("..")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "postern") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer // to be read once the agent has ended
	t.Cleanup(func() {
		os.RemoveAll(dir)
		if t.Failed() {
			t.Logf("%s", log.Bytes())
		}
	})
	p := &program{t: t, dir: dir}
	p.configure(configuration)
	p.Agent = process.Start(t, process.Options{
		Command: []string{binary, "run", "--config", filepath.Join(dir, "postern.hcl")},
		Dir:     dir, Env: variables, Log: &log,
	})
	if !p.Ready() {
		t.Fatal("the agent ended")
	}
	t.Cleanup(p.Stop)
	return p
}

func (p *program) configure(text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "postern.hcl"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// alien leaves the short tests, which are those under the race detector: it sees
// nothing of other programs.
func alien(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("what runs here are other programs")
	}
}

// ready leaves a subtest where the program for it is missing.
func ready(t *testing.T, needs []string) {
	t.Helper()
	if out, err := exec.Command(needs[0], needs[1:]...).CombinedOutput(); err != nil {
		t.Skipf("%s: %v %s", strings.Join(needs, " "), err, out)
	}
}

// until asks again until done says yes.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !done() {
		select {
		case <-late:
			t.Fatalf("waited %s for %s", patience, what)
		case <-tick.C:
		}
	}
}
