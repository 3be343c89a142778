package agent_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// snare has a life killed as it begins the first of some system calls from now on,
// those on a file if there is a path. What came before has happened, and the call
// itself has not.
func (l *life) snare(calls, path string) {
	l.t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		l.t.Skip("there is no strace to end the agent in the middle of it")
	}
	args := []string{"-f", "-o", os.DevNull, "-p", fmt.Sprint(l.PID()), "-e", "trace=" + calls, "-e", "inject=" + calls + ":signal=KILL"}
	if path != "" {
		args = append(args, "-P", path)
	}
	c := exec.Command(strace, args...)
	says, err := c.StderrPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		l.t.Fatal(err)
	}
	var reading sync.WaitGroup
	l.t.Cleanup(func() {
		_ = c.Process.Kill() // it has ended with the life
		reading.Wait()
		_ = c.Wait()
	})
	var said []string
	lines := bufio.NewScanner(says)
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), " attached") {
			reading.Go(func() { _, _ = io.Copy(io.Discard, says) })
			return
		}
	}
	l.t.Skipf("strace can't be had: %s", strings.Join(said, "; "))
}

// log is the file that the line writes to.
func (w *world) logFile() string {
	w.t.Helper()
	logs, err := filepath.Glob(filepath.Join(w.dir, "data", "line", "*.log"))
	if err != nil || len(logs) == 0 {
		w.t.Fatalf("the line has no log: %v", err)
	}
	return slices.Max(logs)
}

// socketTo is the agent's end of a client's connection.
func socketTo(t testing.TB, c net.Conn) (name string) {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Skip("there is no list of sockets")
	}
	port := func(a net.Addr) string { return fmt.Sprintf(":%04X", a.(*net.TCPAddr).Port) }
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) > 9 && strings.HasSuffix(f[1], port(c.RemoteAddr())) && strings.HasSuffix(f[2], port(c.LocalAddr())) {
			return "socket:[" + f[9] + "]"
		}
	}
	t.Fatal("nobody is at the other end")
	return ""
}
