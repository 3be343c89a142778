package systemd

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// manager listens as systemd does; next gives what it hears.
func manager(t *testing.T, path string) (next func() string) {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return func() string {
		t.Helper()
		buf := make([]byte, 4096)
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

func TestWhatIsSaidIsOneDatagramEach(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "notify"), fmt.Sprintf("@postern-systemd-%d", os.Getpid())} {
		next := manager(t, path)
		t.Setenv("NOTIFY_SOCKET", path)
		t.Setenv("WATCHDOG_USEC", "2000000")
		t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
		s, err := Take()
		if err != nil {
			t.Fatal(err)
		}
		if s.Watches() != 2*time.Second {
			t.Errorf("watched for %v", s.Watches())
		}
		for _, v := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
			if value, set := os.LookupEnv(v); set {
				t.Errorf("%s is still %q", v, value)
			}
		}
		for _, c := range []struct {
			say  func() error
			want string
		}{
			{func() error { return s.Extend(30 * time.Second) }, `EXTEND_TIMEOUT_USEC=30000000`},
			{func() error { return s.Ready("here\nEVIL=1\x1b[2J") }, `READY=1\nSTATUS=here\\nEVIL=1\\x1b\[2J`},
			{s.Reloading, `RELOADING=1\nMONOTONIC_USEC=[1-9]\d+`},
			{s.Alive, `WATCHDOG=1`},
			{func() error { return s.Status("news") }, `STATUS=news`},
			{func() error { return s.Stopping("bye", time.Minute) }, `STOPPING=1\nEXTEND_TIMEOUT_USEC=60000000\nSTATUS=bye`},
		} {
			if err := c.say(); err != nil {
				t.Fatal(err)
			}
			if got := next(); !regexp.MustCompile(`^` + c.want + `$`).MatchString(got) {
				t.Errorf("said %q, want %s", got, c.want)
			}
		}
	}
}

func TestWhatIsKnownIsNotSaidAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	next := manager(t, path)
	s := &Service{notify: path}
	say := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			say(s.Extend(30 * time.Second)) // the first counts
		}
		time.Sleep(9 * time.Second)
		say(s.Extend(30 * time.Second)) // too early
		time.Sleep(time.Second)
		say(s.Extend(20 * time.Second))
		say(s.Ready("well"))
		say(s.Status("well"))
		say(s.Status("worse"))
	})
	for _, want := range []string{"EXTEND_TIMEOUT_USEC=30000000", "EXTEND_TIMEOUT_USEC=20000000", "READY=1\nSTATUS=well", "STATUS=worse"} {
		if got := next(); got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

func TestWithoutAManagerNothingIsSaid(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	s, err := Take()
	if s != nil || err != nil {
		t.Fatalf("%v %v", s, err)
	}
	for _, err := range []error{s.Ready("x"), s.Reloading(), s.Alive(), s.Status("x"), s.Stopping("x", 1), s.Extend(1)} {
		if err != nil {
			t.Error(err)
		}
	}
	if s.Watches() != 0 || s.Handed() != nil {
		t.Errorf("%v %v", s.Watches(), s.Handed())
	}
}

func TestWhatCanNotBeUnderstoodIsAnError(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "/nowhere")
	t.Setenv("WATCHDOG_USEC", "soon")
	if s, err := Take(); s != nil || err == nil || !strings.Contains(err.Error(), "watchdog of the service manager") {
		t.Errorf("%v %v", s, err)
	}
	s := &Service{notify: filepath.Join(t.TempDir(), "nobody")}
	if err := s.Alive(); err == nil || !strings.Contains(err.Error(), "tell the service manager: ") {
		t.Error(err)
	}
}

func TestAStatusIsOneShortLine(t *testing.T) {
	for given, want := range map[string]string{
		" a\nb\u202e ":            `a\nb\u202e`,
		strings.Repeat("é", 200):  strings.Repeat("é", 120) + "…",
		strings.Repeat("xé", 200): strings.Repeat("xé", 80) + "…",
		strings.Repeat("x", 240):  strings.Repeat("x", 240),
	} {
		if got := line(given); got != want {
			t.Errorf("%q is said as %q", given, got)
		}
	}
}
