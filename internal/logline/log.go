package logline

import (
	"cmp"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"github.com/posternhq/postern/internal/secret"
)

// Options of New.
type Options struct {
	Level  string    // debug, info, warn or error; empty: info
	Format string    // json or console; empty: console on a terminal, else json
	Out    io.Writer // nil: os.Stderr
}

// A Log is one process's log.
type Log struct {
	Logger *zap.Logger
	Level  zap.AtomicLevel

	terminal bool
	encoder  atomic.Pointer[encoder]
	mask     atomic.Pointer[mask]
	lost     losses
	backlog  *backlog

	closed    chan struct{}
	closeOnce sync.Once
	writing   chan struct{} // holds one token, of whoever writes; guards out
	out       writer
}

// New makes a log. Its lines wait in the buffer until somebody calls Run.
func New(o Options) *Log {
	out := cmp.Or[io.Writer](o.Out, os.Stderr)
	l := &Log{
		Level:    zap.NewAtomicLevel(),
		terminal: isTerminal(out),
		backlog:  newBacklog(),
		closed:   make(chan struct{}),
		writing:  make(chan struct{}, 1),
		out:      writer{to: newSink(out)},
	}
	l.SetSecrets(nil)
	l.Set(o.Level, o.Format)
	// Zap's complaints about itself would go to standard error, and could block.
	l.Logger = zap.New(&core{log: l}, zap.ErrorOutput(zapcore.AddSync(io.Discard)))
	return l
}

// Set changes level and format, for loggers made before too. Empty ones are the
// defaults of Options; an unknown level changes nothing.
func (l *Log) Set(level, format string) {
	if parsed, err := zapcore.ParseLevel(level); err == nil {
		l.Level.SetLevel(parsed)
	}
	if format == "" && l.terminal {
		format = "console"
	}
	l.encoder.Store(newEncoder(format))
}

// SetSecrets makes secrets the values that are masked, in place of those before.
// Shorter ones than 8 bytes are not masked: they would be found in plain words.
func (l *Log) SetSecrets(secrets []secret.Text) {
	l.mask.Store(newMask(secrets))
}

// OnDropped makes f be told how many lines were dropped: those so far at once, if
// there are any, and from then on each time. It is called from whatever goroutine
// logs, and must not log itself.
func (l *Log) OnDropped(f func(n int)) { l.lost.tell(f) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	is := false
	err = conn.Control(func(fd uintptr) { is = term.IsTerminal(int(fd)) })
	return err == nil && is
}
