package logline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("POSTERN_TEST_ROLE"); role != "" {
		os.Exit(logWithoutReader(role))
	}
	goleak.VerifyTestMain(m)
}

// stacked is an error that prints a stack when asked, as Pebble's do.
type stacked struct{}

func (stacked) Error() string                 { return "disk\nfailed" }
func (stacked) Format(f fmt.State, verb rune) { fmt.Fprint(f, "disk failed\n\tat main.go:1") }

func TestLinesInBothFormats(t *testing.T) {
	for format, want := range map[string]string{
		"json": `
{"level":"info","time":"2000-01-01T00:00:00.000Z","msg":"ready","console":"127.0.0.1:7481","delay":"1.5s"}
{"level":"warn","time":"2000-01-01T00:00:00.000Z","logger":"lanes","msg":"an\nodd \"one\"","webhook":"crm","error":"disk\nfailed"}
{"level":"error","time":"2000-01-01T00:00:00.000Z","logger":"lanes","msg":"","webhook":"crm","error":"EOF","nested":{"n":1}}
`,
		"console": `
2000-01-01T00:00:00.000Z  INFO  ready  {"console": "127.0.0.1:7481", "delay": "1.5s"}
2000-01-01T00:00:00.000Z  WARN  lanes  an\u000aodd "one"  {"webhook": "crm", "error": "disk\nfailed"}
2000-01-01T00:00:00.000Z  ERROR  lanes    {"webhook": "crm", "error": "EOF", "nested": {"n":1}}
`,
	} {
		synctest.Test(t, func(t *testing.T) {
			got := logged(Options{Format: format}, func(l *Log) {
				l.Logger.Debug("not at this level")
				l.Logger.Info("ready", zap.String("console", "127.0.0.1:7481"), zap.Duration("delay", 1500*time.Millisecond))
				lanes := l.Logger.Named("lanes").With(zap.String("webhook", "crm"))
				lanes.Warn("an\nodd \"one\"", zap.Error(stacked{}))
				lanes.Error("", zap.Error(errors.New("EOF")), zap.Any("nested", map[string]int{"n": 1}))
			})
			if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
				t.Errorf("%s: %s", format, diff)
			}
		})
	}
}

func TestLevelAndFormatChangeForLoggersMadeBefore(t *testing.T) {
	got := logged(Options{Level: "error", Format: "json"}, func(l *Log) {
		logger := l.Logger.With(zap.Int("n", 1))
		logger.Warn("one")
		l.Set("warn", "console")
		logger.Warn("two")
		l.Set("nonsense", "json")
		logger.Warn("three")
		l.Set("", "json")
		logger.Debug("four")
		l.Level.SetLevel(zapcore.DebugLevel)
		logger.Debug("five")
	})
	var said []string
	for line := range strings.Lines(got) {
		switch {
		case strings.HasPrefix(line, `{`) && strings.Contains(line, `"n":1`):
			said = append(said, "json")
		case strings.HasSuffix(line, "  {\"n\": 1}\n"):
			said = append(said, "console")
		}
	}
	if diff := cmp.Diff("console json json", strings.Join(said, " ")); diff != "" || strings.Count(got, "\n") != 3 {
		t.Errorf("%s\n%s", diff, got)
	}
}

func TestALongLineIsCutAndStaysALine(t *testing.T) {
	got := logged(Options{}, func(l *Log) {
		l.Logger.Info(strings.Repeat("é", 1<<20), zap.String("last", "x"))
		l.Logger.Info("long field", zap.String("text", strings.Repeat("\"\u202e", 1<<20)))
		l.Logger.Info("short")
	})
	lines := decode(t, got)
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines[:2] {
		if n, ok := line["bytes"].(float64); !ok || n < 1<<20 {
			t.Errorf("bytes: %v", line["bytes"])
		}
		if cut, ok := line["cut"].(string); !ok || len(cut) < cutText {
			t.Errorf("cut: %q", line["cut"])
		}
	}
	if lines[1]["msg"] != "long field" || lines[2]["msg"] != "short" {
		t.Errorf("messages %q and %q", lines[1]["msg"], lines[2]["msg"])
	}
	if len(got) > 4*maxText {
		t.Errorf("%d bytes", len(got))
	}
}

func TestLinesFromBeforeRunAreKept(t *testing.T) {
	var out lockedBuffer
	l := New(Options{Out: &out})
	l.Logger.Info("before")
	stop := running(l)
	l.Logger.Info("during")
	stop()
	l.Logger.Info("after")
	l.Close()
	l.Close()
	var said []string
	for _, line := range decode(t, out.String()) {
		said = append(said, line["msg"].(string))
	}
	if diff := cmp.Diff([]string{"before", "during", "after"}, said); diff != "" {
		t.Error(diff)
	}
}

func TestCloseEndsRun(t *testing.T) {
	var out lockedBuffer
	l := New(Options{Out: &out})
	var wg sync.WaitGroup
	wg.Go(func() { l.Run(context.Background()) })
	l.Logger.Info("last")
	l.Close()
	wg.Wait()
	if !strings.Contains(out.String(), "last") {
		t.Errorf("written: %q", out.String())
	}
}

func TestLinesOfManyLoggersDoNotMix(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	var reader, loggers sync.WaitGroup
	reader.Go(func() { _, _ = got.ReadFrom(r) })
	l := New(Options{Out: w, Format: "json"})
	stop := running(l)
	const each = 500
	for i := range 8 {
		loggers.Go(func() {
			for j := range each {
				l.Logger.Info("line", zap.Int("i", i), zap.Int("j", j), zap.String("pad", strings.Repeat("x", (i*j)%9000)))
			}
		})
	}
	loggers.Wait()
	stop()
	l.Close()
	w.Close()
	reader.Wait()
	r.Close()

	next, dropped := map[float64]float64{}, 0
	lines := decode(t, got.String())
	for _, line := range lines {
		i, j := line["i"].(float64), line["j"].(float64)
		if j < next[i] {
			t.Fatalf("line %v of %v after %v", j, i, next[i])
		}
		next[i] = j
	}
	l.OnDropped(func(n int) { dropped = n })
	if len(lines)+dropped != 8*each {
		t.Errorf("%d lines and %d dropped", len(lines), dropped)
	}
}

// logged is what a log has written once do has returned.
func logged(o Options, do func(*Log)) string {
	var out bytes.Buffer
	o.Out = &out
	l := New(o)
	do(l)
	l.Close()
	return out.String()
}

// running runs a log; the result ends it and waits.
func running(l *Log) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { l.Run(ctx) })
	return func() { cancel(); wg.Wait() }
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
