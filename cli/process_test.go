package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With 64 files the agent starts and takes events beside clients that say nothing and
// receivers that hang, does not turn in circles meanwhile, and when they are gone
// everything arrives.
func TestFewFiles(t *testing.T) {
	s := newStation(t)
	release := make(chan struct{})
	s.answer = func(_ http.ResponseWriter, q *http.Request) {
		select {
		case <-release:
		case <-q.Context().Done():
		}
	}
	log, text := s.log()
	s.start(log, "ulimit -n 64;")
	s.ready()
	connections := append(s.idle(s.events, 20), s.idle(s.console, 20)...)
	const events = 20
	s.post("e", events)
	s.until("the console to answer beside silent clients", func() bool { return s.ask("/readyz") != "" })
	if n := s.metric("process_open_fds"); n > 64 || n == 0 {
		t.Errorf("%v files are open", n)
	}
	spent := s.metric("process_cpu_seconds_total")
	start := time.Now()
	<-time.After(time.Second)
	if spent = s.metric("process_cpu_seconds_total") - spent; spent > time.Since(start).Seconds()/2 {
		t.Errorf("%v seconds of processor while nothing could be done", spent)
	}
	for _, c := range connections {
		_ = c.Close()
	}
	close(release)
	s.arrive(events)
	s.signal(syscall.SIGTERM)
	s.ends(0)
	if strings.Contains(text(), "too many open files") {
		t.Errorf("it ran out of files:\n%s", text())
	}
}

// A thousand idle connections at each door keep nobody out.
func TestManyIdleConnections(t *testing.T) {
	s := newStation(t)
	log, _ := s.log()
	s.start(log, "")
	s.ready()
	s.idle(s.events, 1000)
	s.idle(s.console, 1000)
	s.client.CloseIdleConnections()
	s.post("e", 50)
	s.arrive(50)
	s.ready()
}

// Who is stopped for a while, and goes on, makes no more attempts at once than
// before, whatever has come due, and uses no connection that was closed meanwhile.
func TestAProcessThatIsStopped(t *testing.T) {
	s := newStation(t)
	var failing = make(chan struct{})
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-failing:
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	log, _ := s.log()
	s.start(log, "")
	s.ready()
	const events = 40
	s.post("e", events)
	s.arrive(events)
	s.signal(syscall.SIGSTOP)
	close(failing)
	s.hook.CloseClientConnections()
	<-time.After(1500 * time.Millisecond) // most are due by then, all at once
	s.mu.Lock()
	s.most = 0
	s.mu.Unlock()
	s.signal(syscall.SIGCONT)
	s.until("all to be delivered", func() bool {
		return s.metric(`postern_attempts_total\{class="ok",webhook="crm"\}`) == events
	})
	if s.most > 8 {
		t.Errorf("%d attempts at once", s.most)
	}
	for id, n := range s.arrived {
		if n > 9 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

// Who can't wait for the drain asks a second time. What was under way is not lost.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	s := newStation(t)
	s.answer = func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }
	log, _ := s.log()
	s.start(log, "")
	s.ready()
	s.post("e", 3)
	s.arrive(3)
	s.signal(syscall.SIGTERM)
	s.until("the agent to stop", func() bool { return s.ask("/readyz") == "" })
	s.signal(syscall.SIGTERM)
	s.ends(1)
	s.mu.Lock()
	clear(s.arrived)
	s.mu.Unlock()
	s.start(log, "")
	s.arrive(3)
}

// What a process says when it is asked for its stacks has no secret in it.
func TestADumpHoldsNoSecret(t *testing.T) {
	s := newStation(t)
	s.answer = func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }
	log, text := s.log()
	s.start(log, "export GOTRACEBACK=all;")
	s.ready()
	s.post("e", 3)
	s.arrive(3)
	s.signal(syscall.SIGQUIT)
	s.ends(2)
	if dump := text(); !strings.Contains(dump, "SIGQUIT") || !strings.Contains(dump, "goroutine ") || strings.Contains(dump, stationSecret) {
		t.Errorf("it said\n%s", dump)
	}
}

// A hang-up that comes while the agent starts is a wish to reload, and no end.
func TestAHangUpWhileItStarts(t *testing.T) {
	s := newStation(t)
	log, text := s.log()
	s.start(log, "trap '' HUP; : > trapped;") // as nohup does, for what is not a program yet has no say
	s.until("the shell to see to it", func() bool {
		_, err := os.Stat(filepath.Join(s.dir, "trapped"))
		return err == nil
	})
	s.until("the agent to be ready", func() bool {
		s.signal(syscall.SIGHUP)
		return s.ask("/readyz") != ""
	})
	s.post("e", 1)
	s.arrive(1)
	s.signal(syscall.SIGTERM)
	s.ends(0)
	if !strings.Contains(text(), `"stopped"`) {
		t.Errorf("logged\n%s", text())
	}
}

// Whatever becomes of whoever takes the log, events go out, and the lines that were
// lost are counted.
func TestALogThatNobodyTakes(t *testing.T) {
	for name, open := range deafLogs {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			log := open(t)
			s.start(log, "")
			s.ready()
			const batches, size = 5, 100
			for i := range batches {
				s.post(fmt.Sprint("e", i), size)
			}
			s.arrive(batches * size)
			if name != "nobody reads" { // there lines wait until the buffer is full
				s.until("the lost lines to be counted", func() bool { return s.metric("postern_log_dropped_total") > batches*size })
			}
			s.signal(syscall.SIGTERM)
			s.ends(0)
		})
	}
}

// deafLogs are standard errors of which nobody takes anything.
var deafLogs = map[string]func(testing.TB) *os.File{
	"nobody reads": func(t testing.TB) *os.File {
		r, w := pipe(t)
		t.Cleanup(func() { r.Close() })
		return w
	},
	"the reader is gone": func(t testing.TB) *os.File {
		r, w := pipe(t)
		r.Close()
		return w
	},
	"the disk is full": func(t testing.TB) *os.File {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { full.Close() })
		return full
	},
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return r, w
}
