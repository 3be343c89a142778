package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A manager is what systemd is to a service: it listens to what is said, and
// hands sockets over.
type manager struct {
	t    *testing.T
	ear  *net.UnixConn
	dir  string // of the service
	seen []string
}

func newManager(t *testing.T, ear string) *manager {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: ear, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &manager{t: t, ear: c, dir: t.TempDir()}
}

// hears waits for a datagram that has all these lines, and returns it. Others
// before it are passed over.
func (m *manager) hears(patterns ...string) string {
	m.t.Helper()
	buf := make([]byte, 4096)
	if err := m.ear.SetReadDeadline(time.Now().Add(patience)); err != nil {
		m.t.Fatal(err)
	}
	for {
		n, err := m.ear.Read(buf)
		if err != nil {
			m.t.Fatalf("waited for %q: %v\nbefore: %q", patterns, err, m.seen[max(0, len(m.seen)-9):])
		}
		message := string(buf[:n])
		m.seen = append(m.seen, message)
		if matchAll(message, patterns) {
			return message
		}
	}
}

func matchAll(message string, patterns []string) bool {
	for _, p := range patterns {
		if !regexp.MustCompile(`(?m)^` + p + `$`).MatchString(message) {
			return false
		}
	}
	return true
}

func (m *manager) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	err := errors.Join(os.WriteFile(path+".tmp", []byte(text), 0o600), os.Rename(path+".tmp", path))
	if err != nil {
		m.t.Fatal(err)
	}
}

// A service is a postern that was started as systemd would.
type service struct {
	*exec.Cmd
	t    *testing.T
	said *bytes.Buffer // on standard error; to be read once it has ended
}

// start runs the agent with sockets and their names. Variables that need its
// process id get it from a shell that becomes the agent.
func (m *manager) start(sockets []*os.File, names string, env ...string) *service {
	m.t.Helper()
	c := exec.Command("sh", "-c", `export LISTEN_PID=$$ WATCHDOG_PID=$$; exec postern run --config .`)
	c.Dir = m.dir
	c.Env = append(os.Environ(), "NOTIFY_SOCKET="+m.ear.LocalAddr().String(), "STATE_DIRECTORY="+filepath.Join(m.dir, "data"))
	c.Env = append(c.Env, env...)
	if len(sockets) > 0 {
		c.ExtraFiles = sockets
		c.Env = append(c.Env, "LISTEN_FDS="+strconv.Itoa(len(sockets)), "LISTEN_FDNAMES="+names)
	}
	s := &service{c, m.t, new(bytes.Buffer)}
	c.Stderr = s.said
	if err := c.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = c.Process.Kill() })
	return s
}

// ends waits for the end, with this status.
func (s *service) ends(status int) string {
	s.t.Helper()
	_ = s.Wait()
	if got := s.ProcessState.ExitCode(); got != status {
		s.t.Fatalf("exit status %d, want %d\n%s", got, status, s.said)
	}
	return s.said.String()
}

func (s *service) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// monotonic is the clock by which systemd compares.
func monotonic(t *testing.T) int64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	return now.Nano() / 1000
}

const anyPorts = `
listen "http" { address = "127.0.0.1:0" }
console { address = "127.0.0.1:0" }
`

func TestTheServiceManagerIsTold(t *testing.T) {
	for name, ear := range map[string]string{
		"path":     filepath.Join(t.TempDir(), "notify"),
		"abstract": fmt.Sprintf("@postern-test-%d", os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			m := newManager(t, ear)
			m.write("agent.hcl", anyPorts)
			s := m.start(nil, "", "WATCHDOG_USEC=300000")
			m.hears("READY=1", "STATUS=generation 1, webhooks: 0, deliveries that wait: 0")
			m.hears("WATCHDOG=1")

			asked := monotonic(t)
			s.signal(syscall.SIGHUP)
			reloading := m.hears("RELOADING=1", `MONOTONIC_USEC=\d+`)
			at, err := strconv.ParseInt(reloading[strings.LastIndex(reloading, "=")+1:], 10, 64)
			if err != nil || at < asked || at > monotonic(t) {
				t.Errorf("asked at %d, %q", asked, reloading)
			}
			m.hears("READY=1", "STATUS=generation 1, webhooks: 0, .*")

			m.write("crm.hcl", "webhook \"crm\" {\n  url = \"http://crm.example.com/\"\n  events = [\"*\"]\n}\n")
			m.hears("RELOADING=1", `MONOTONIC_USEC=\d+`)
			m.hears("READY=1", `STATUS=generation 1 goes on, for what is on disk was REJECTED: .*crm\.hcl:2:\d+: error: .*`)
			m.write("crm.hcl", "webhook \"crm\" {\n  url = \"https://crm.example.com/\"\n  events = [\"*\"]\n}\n")
			m.hears("READY=1", "STATUS=generation 2, webhooks: 1, .*")
			m.hears("WATCHDOG=1")

			s.signal(syscall.SIGTERM)
			m.hears("STOPPING=1", "STATUS=stopping.*", "EXTEND_TIMEOUT_USEC=38000000")
			s.ends(0)
		})
	}
}

func TestTheServiceManagerIsToldWhyNothingStarts(t *testing.T) {
	m := newManager(t, filepath.Join(t.TempDir(), "notify"))
	m.write("agent.hcl", "agnt {}\n")
	s := m.start(nil, "")
	m.hears(`STATUS=.*agent\.hcl:1:1: error: .*`)
	s.ends(78)
	for _, message := range m.seen {
		if strings.Contains(message, "READY") {
			t.Errorf("%q", message)
		}
	}
}

func TestADeadServiceManagerIsNoObstacle(t *testing.T) {
	m := newManager(t, filepath.Join(t.TempDir(), "notify"))
	k := keep(t, m.dir)
	m.write("agent.hcl", anyPorts)
	m.ear.Close()
	s := m.start(k.files[2:], "console", "NOTIFY_SOCKET="+filepath.Join(m.dir, "nobody"))
	k.answers(t, "/livez") // when it is served
	s.signal(syscall.SIGTERM)
	if said := s.ends(0); strings.Count(said, "the service manager does not listen") != 1 {
		t.Errorf("it says\n%s", said)
	}
}

// kept are listeners of the manager's own, which outlive the agent.
type kept struct {
	web, console *net.TCPListener
	unix         *net.UnixListener
	files        []*os.File
	path         string
}

func keep(t *testing.T, dir string) kept {
	t.Helper()
	var k kept
	tcp := func() *net.TCPListener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l.(*net.TCPListener)
	}
	k.web, k.console, k.path = tcp(), tcp(), filepath.Join(dir, "s.sock")
	var err error
	if k.unix, err = net.ListenUnix("unix", &net.UnixAddr{Name: k.path, Net: "unix"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.unix.Close() })
	for _, l := range []interface{ File() (*os.File, error) }{k.web, k.unix, k.console} {
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		k.files = append(k.files, f)
	}
	return k
}

// answers asks the console.
func (k kept) answers(t *testing.T, path string) {
	t.Helper()
	r, err := http.Get("http://" + k.console.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	if r.Body.Close(); r.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", path, r.Status)
	}
}

// post sends an event; over the Unix socket if there is a path.
func post(base, path, id string) (string, error) {
	transport := &http.Transport{DisableKeepAlives: true}
	if path != "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
	}
	client := http.Client{Transport: transport, Timeout: patience}
	body := fmt.Sprintf(`{"id": %q, "type": "contact.subscribed", "data": {}}`, id)
	r, err := client.Post("http://"+base+"/v1/events", "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	return fmt.Sprintf("%d %s", r.StatusCode, answer), err
}

// TestNobodyIsRefusedOverARestart: between two agents nobody is there, and who
// connects waits. Names say which socket is which, for the configuration has other
// ports; the Unix socket is known by its path.
func TestNobodyIsRefusedOverARestart(t *testing.T) {
	m := newManager(t, filepath.Join(t.TempDir(), "notify"))
	k := keep(t, m.dir)
	m.write("agent.hcl", anyPorts+"listen \"unix\" { path = \"s.sock\" }\n")
	const names = "events:something.socket:console"
	first := m.start(k.files, names)
	m.hears("READY=1", "STATUS=.*")
	k.answers(t, "/readyz")
	first.signal(syscall.SIGTERM)
	first.ends(0)
	if _, err := os.Lstat(k.path); err != nil {
		t.Errorf("the socket is gone: %v", err)
	}

	type answer struct {
		id, text string
		err      error
	}
	answers := make(chan answer)
	paths := map[string]string{"over-tcp": "", "over-unix": k.path}
	for id, path := range paths {
		go func() {
			text, err := post(k.web.Addr().String(), path, id)
			answers <- answer{id, text, err}
		}()
	}
	second := m.start(k.files, names)
	for range paths {
		if a := <-answers; a.err != nil || !strings.HasPrefix(a.text, "202 ") {
			t.Errorf("%s: %s %v", a.id, a.text, a.err)
		}
	}
	second.signal(syscall.SIGTERM)
	second.ends(0)
	if _, err := os.Lstat(k.path); err != nil {
		t.Errorf("the socket is gone: %v", err)
	}
}

func TestASocketForNoDoorIsAnError(t *testing.T) {
	m := newManager(t, filepath.Join(t.TempDir(), "notify"))
	k := keep(t, m.dir)
	m.write("agent.hcl", anyPorts)
	s := m.start(k.files[:1], "postern.socket")
	m.hears("STATUS=.*is no door of this configuration.*")
	if said := s.ends(1); !strings.Contains(said, "give a listen block or the console this address, or name the socket events or console (FileDescriptorName=)") {
		t.Errorf("it says\n%s", said)
	}
	pipe, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	defer w.Close()
	if said := m.start([]*os.File{pipe}, "events").ends(1); !strings.Contains(said, `the socket "events" of the service manager: nobody can connect to it`) {
		t.Errorf("it says\n%s", said)
	}
}
