package pages

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// patience is how long a page waits for what has to happen.
const patience = 2 * time.Minute

// A shell is a reader's: what one command sets, the next one finds.
type shell struct {
	cmd    *exec.Cmd
	keys   *os.File // what is typed
	ends   *os.File // a line for each command: its exit status
	lines  *bufio.Reader
	dir    string // for what is printed
	helper string
	count  int
}

// open starts a reader's shell.
func (r *Reader) open() (*shell, error) {
	dir, err := os.MkdirTemp("", "postern-page-")
	if err != nil {
		return nil, err
	}
	in, typed, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ends, statuses, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	defer statuses.Close()
	s := &shell{keys: typed, ends: ends, lines: bufio.NewReader(ends), dir: dir, helper: r.Helper}
	s.cmd = exec.Command(r.Helper, "shell")
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdin, s.cmd.ExtraFiles = r.Dir, r.Env, in, []*os.File{statuses}
	if !r.Shared {
		s.cmd.SysProcAttr = ownNetwork()
	}
	if err := s.cmd.Start(); err != nil {
		s.forget()
		return nil, fmt.Errorf("a shell for a page: %w", err)
	}
	return s, nil
}

// run has a command typed, and waits for its end.
func (s *shell) run(typed string) (printed string, status int, err error) {
	out := s.file()
	if _, err := fmt.Fprintf(s.keys, "{ %s\n} >%s 2>&1 </dev/null; echo $? >&3\n", typed, quoted(out)); err != nil {
		return "", 0, err
	}
	if err := s.ends.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", 0, err
	}
	line, err := s.lines.ReadString('\n')
	text, _ := os.ReadFile(out) // none: nothing was printed
	if err != nil {
		return string(text), 0, fmt.Errorf("it does not end: %w\n%s", err, text)
	}
	status, err = strconv.Atoi(strings.TrimSpace(line))
	return string(text), status, err
}

// start has a command typed in a terminal of its own.
func (s *shell) start(typed, dir string) (*staying, error) {
	out := s.file()
	pid, status, err := s.run(fmt.Sprintf("(cd %s && exec %s terminal %s) >%s 2>&1 </dev/null & echo $!",
		quoted(dir), quoted(s.helper), quoted(typed), quoted(out)))
	if err != nil || status != 0 {
		return nil, fmt.Errorf("%s: exit status %d: %w", typed, status, err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(pid))
	return &staying{shell: s, typed: typed, pid: n, out: out}, err
}

func (s *shell) file() string {
	s.count++
	return filepath.Join(s.dir, strconv.Itoa(s.count))
}

// close ends the shell; whatever stays has been killed before.
func (s *shell) close() {
	s.keys.Close()
	_ = s.cmd.Wait() // how it ends is of no account
	s.forget()
}

func (s *shell) forget() {
	s.keys.Close()
	s.ends.Close()
	_ = os.RemoveAll(s.dir)
}
