package logline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

func TestAPipeThatNobodyReadsBlocksNobody(t *testing.T) {
	for name, flags := range map[string]int{"in blocking mode, as standard error": 0, "non-blocking": unix.O_NONBLOCK} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fds [2]int
			if err := unix.Pipe2(fds[:], flags|unix.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
			r, w := os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
			defer r.Close()
			defer w.Close()
			l := New(Options{Out: w})
			var dropped atomic.Int64
			l.OnDropped(func(n int) { dropped.Add(int64(n)) })
			var wg sync.WaitGroup
			wg.Go(func() { l.Run(t.Context()) })
			for i := range maxBacklogLines + 5000 {
				l.Logger.Info("a line", zap.Int("i", i))
			}
			l.Close()
			wg.Wait()
			if n := dropped.Load(); n < 3000 || n > 5000 {
				t.Errorf("%d dropped", n)
			}
		})
	}
}

func TestDroppedLinesAreToldWhenThereIsRoomAgain(t *testing.T) {
	var out bytes.Buffer
	l := New(Options{Out: &out})
	for range maxBacklogLines + 7 {
		l.Logger.Info("x")
	}
	told := 0
	l.OnDropped(func(n int) { told += n })
	if told != 7 {
		t.Errorf("told of %d", told)
	}
	l.Close()
	lines := decode(t, out.String())
	if len(lines) != maxBacklogLines+1 {
		t.Fatalf("%d lines", len(lines))
	}
	last := lines[len(lines)-1]
	if last["lines"] != 7.0 || last["level"] != "warn" {
		t.Errorf("the last line is %v", last)
	}
}

func TestLinesThatComeTogetherAreWrittenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out pieces
		l := New(Options{Out: &out})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { l.Run(ctx) })
		l.Logger.Info("first")
		synctest.Wait()
		if n := out.number(); n != 1 {
			t.Fatalf("%d pieces are written, want the first line at once", n)
		}
		for range 10 {
			l.Logger.Info("more")
			synctest.Wait()
		}
		if n := out.number(); n != 1 {
			t.Errorf("%d pieces are written within the pause", n)
		}
		time.Sleep(gather)
		synctest.Wait()
		if n := out.number(); n != 2 {
			t.Errorf("%d pieces are written, want the ten lines in one", n)
		}
		l.Logger.Info("last")
		cancel()
		wg.Wait()
		if lines := decode(t, strings.Join(out.all, "")); len(lines) != 12 || lines[11]["msg"] != "last" {
			t.Errorf("the lines are %v", lines)
		}
	})
}

// pieces are what was written at once each.
type pieces struct {
	mu  sync.Mutex
	all []string
}

func (p *pieces) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, string(b))
	return len(b), nil
}

func (p *pieces) number() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

func TestTheBacklogIsBoundedInBytes(t *testing.T) {
	b := newBacklog()
	line := append(bytes.Repeat([]byte("x"), 1<<20-1), '\n')
	for i := range 5 {
		if ok := b.put(line); ok != (i < 4) {
			t.Errorf("line %d: %v", i, ok)
		}
	}
	taken := b.take()
	if b.put([]byte("more\n")) {
		t.Error("room while lines are being written")
	}
	b.release(taken)
	if !b.put([]byte("more\n")) {
		t.Error("no room after they were written")
	}
}

func TestAFullDiskCostsLinesOnly(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	l := New(Options{Out: full})
	for range 100 {
		l.Logger.Info("x")
	}
	l.Close()
	dropped := 0
	l.OnDropped(func(n int) { dropped += n })
	if dropped != 100 {
		t.Errorf("%d dropped", dropped)
	}
}

// Standard error, whose broken pipe ends a Go program that does nothing about it:
// the control writes there directly, and must die of it.
func TestALogReaderThatGoesAwayDoesNotEndTheProcess(t *testing.T) {
	for role, want := range map[string]bool{"log": true, "control": false} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "POSTERN_TEST_ROLE="+role)
		cmd.Stderr = w
		var out bytes.Buffer
		cmd.Stdout = &out
		r.Close()
		err = cmd.Run()
		w.Close()
		if lives := err == nil && out.String() == "alive, 1000 dropped\n"; lives != want {
			t.Errorf("%s: %v, %q", role, err, out.String())
		}
	}
}

// logWithoutReader is the inner process. It returns its exit status.
func logWithoutReader(role string) int {
	if role == "control" {
		fmt.Fprintln(os.Stderr, "x")
	}
	l := New(Options{})
	stop := running(l)
	for range 1000 {
		l.Logger.Info("x")
	}
	stop()
	l.Close()
	dropped := 0
	l.OnDropped(func(n int) { dropped += n })
	fmt.Printf("alive, %d dropped\n", dropped)
	return 0
}

var errTest = errors.New("test")

// A sink may fail anywhere: in what arrives, every line is whole or is the
// beginning of one, by itself on its line.
func TestLinesStayApartWhateverFails(t *testing.T) {
	long := strings.Repeat("l", maxPiece+100)
	tests := []struct {
		name  string
		takes []int // bytes per write; negative: and then fails
		want  string
		lost  int
	}{
		{"nothing fails", nil, "aaa\n" + long + "\nbbb\n", 0},
		{"slow", []int{1, 1, 1, 1, 1, 1, 1}, "aaa\n" + long + "\nbbb\n", 0},
		{"the first fails whole", []int{-1000}, long + "\nbbb\n", 1},
		{"the first fails in part", []int{-2}, "aa\n" + long + "\nbbb\n", 1},
		{"the long one's first piece fails", []int{4, -2}, "aaa\nll\nbbb\n", 1},
		{"the long one's second piece fails", []int{4, maxPiece, -3}, "aaa\n" + long[:maxPiece+3], 2},
		{"the mending fails too", []int{-2, -1000}, "aa\nbbb\n", 2},
	}
	for _, tt := range tests {
		var got bytes.Buffer
		takes := tt.takes
		w := writer{rest: []byte("aaa\n" + long + "\nbbb\n")}
		w.to = func(p []byte, _ func() bool) (int, error) {
			if len(takes) == 0 {
				return got.Write(p)
			}
			n := takes[0]
			takes = takes[1:]
			switch {
			case n == -1000:
				return 0, errTest
			case n < 0:
				got.Write(p[:-n])
				return -n, errTest
			default:
				got.Write(p[:n])
				return n, nil
			}
		}
		lost, all := 0, len(w.rest)
		for len(w.rest) > 0 {
			written, dropped := w.next(func() bool { return false })
			all -= len(written) + len(dropped)
			lost += bytes.Count(dropped, []byte("\n"))
		}
		if diff := cmp.Diff(tt.want, got.String()); diff != "" || lost != tt.lost || all != 0 {
			t.Errorf("%s: %d lost, want %d; %d bytes unaccounted for: %s", tt.name, lost, tt.lost, all, diff)
		}
	}
}

func TestASlowReaderGetsEveryLine(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l := New(Options{Out: w})
	stop := running(l)
	const all = 5000 // more than a pipe holds
	for i := range all {
		l.Logger.Info("a line of some length", zap.Int("i", i))
	}
	var got bytes.Buffer
	var reader sync.WaitGroup
	reader.Go(func() { _, _ = io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{r}, make([]byte, 100)) })
	l.Close()
	stop()
	w.Close()
	reader.Wait()
	r.Close()
	if lines := decode(t, got.String()); len(lines) != all {
		t.Errorf("%d lines, want %d", len(lines), all)
	}
}

func TestCloseGivesUpOnARunThatIsStuck(t *testing.T) {
	writing, stuck := make(chan struct{}, 1), make(chan struct{})
	l := New(Options{Out: writerFunc(func(p []byte) (int, error) { writing <- struct{}{}; <-stuck; return len(p), nil })})
	stop := running(l)
	l.Logger.Info("x")
	<-writing
	l.Close() // a test that hangs here has failed
	close(stuck)
	stop()
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
