package examples

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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
	if out, err := exec.Command("go", "build", "-o", program, dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", dir, err, out)
	}
	return program, nil
}

// A program is the agent as its users run it, with its configuration in dir.
type program struct {
	t       *testing.T
	dir     string
	command *exec.Cmd
	reading sync.WaitGroup
	log     bytes.Buffer // to be read once reading is done

	Events  []string
	Console string
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
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &program{t: t, dir: dir, command: exec.Command(binary, "run", "--config", filepath.Join(dir, "postern.hcl"))}
	p.configure(configuration)
	p.command.Dir = dir
	p.command.Env = append(p.command.Environ(), variables...)
	log, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	p.reading.Go(func() { p.read(log, ready) })
	t.Cleanup(p.stop)
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatal("the agent is not ready")
	}
	return p
}

func (p *program) configure(text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "postern.hcl"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// read keeps the log, and learns where the doors are.
func (p *program) read(log io.Reader, ready chan struct{}) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		p.log.Write(append(lines.Bytes(), '\n'))
		var line struct {
			Message string `json:"msg"`
			Events  []string
			Console string
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "ready" {
			p.Events, p.Console = line.Events, line.Console
			close(ready)
		}
	}
}

func (p *program) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // of one that has ended there is nothing to stop
	p.reading.Wait()
	if err := p.command.Wait(); err != nil {
		p.t.Errorf("the agent ended with %v", err)
	}
	if p.t.Failed() {
		p.t.Logf("%s", p.log.Bytes())
	}
}

// metric reads one value of the agent's; 0: it is not there yet.
func (p *program) metric(name string) int {
	p.t.Helper()
	answer, err := http.Get("http://" + p.Console + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\d+)$`).FindSubmatch(text)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		p.t.Fatal(err)
	}
	return n
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
