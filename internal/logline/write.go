package logline

import (
	"bytes"
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	grace  = time.Second           // how long what is left is written at the end
	gather = 10 * time.Millisecond // between two writes
)

// Run writes lines until ctx ends or Close is called: one that comes alone at
// once, many that come together a few milliseconds later, together. After the end
// of ctx it writes what is left, for a second at most.
func (l *Log) Run(ctx context.Context) {
	l.writing <- struct{}{}
	defer func() { <-l.writing }()
	ended := func() bool { return ctx.Err() != nil || l.isClosed() }
	pause := time.NewTimer(gather)
	defer pause.Stop()
	for {
		select {
		case <-l.closed:
			return
		case <-ctx.Done():
			l.write(within(grace))
			return
		case <-l.backlog.wake:
			l.write(ended)
			pause.Reset(gather)
			select {
			case <-l.closed:
			case <-ctx.Done():
			case <-pause.C:
			}
		}
	}
}

// Close ends Run and writes what is left, for a second at most, or a little more
// if the kernel holds on to a write. Lines logged later go nowhere.
func (l *Log) Close() {
	l.closeOnce.Do(func() { close(l.closed) })
	stuck := time.NewTimer(grace + grace/2)
	defer stuck.Stop()
	select {
	case l.writing <- struct{}{}:
		l.write(within(grace))
		<-l.writing
	case <-stuck.C:
	}
}

func (l *Log) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

func within(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return time.Now().After(end) }
}

// write writes until nothing waits, or enough says so.
func (l *Log) write(enough func() bool) {
	w := &l.out
	for !enough() {
		if len(w.rest) == 0 {
			l.backlog.reuse(w.space)
			w.space = l.backlog.take()
			w.rest = w.space
		}
		if len(w.rest) == 0 {
			n := 0
			if w.well {
				n = l.lost.news()
			}
			if n == 0 {
				return
			}
			l.Logger.Warn("log lines were dropped, for nobody took them", zap.Int("lines", n))
			continue
		}
		written, dropped := w.next(enough)
		l.backlog.release(written)
		if n := l.backlog.release(dropped); n > 0 {
			l.lost.add(n)
		}
	}
}

// A writer brings lines to a sink, piece by piece.
type writer struct {
	to    sink
	space []byte // lines that were taken from the backlog
	rest  []byte // of them, that is left
	well  bool   // the last write succeeded
	open  bool   // the sink has a line without its end
	torn  bool   // and what belongs there was dropped
}

// next writes a piece of what is left. Of that it returns what was written and
// what had to be dropped, which ends at the end of a line.
func (w *writer) next(enough func() bool) (written, dropped []byte) {
	n, end, err := 0, piece(w.rest), w.mend(enough)
	if err == nil {
		n, err = w.to(w.rest[:end], enough)
	}
	if n > 0 {
		w.open = w.rest[n-1] != '\n'
	}
	w.well = err == nil
	written = w.rest[:n]
	if err != nil && !errors.Is(err, errEnough) {
		if w.rest[end-1] != '\n' {
			end += bytes.IndexByte(w.rest[end:], '\n') + 1
		}
		dropped = w.rest[n:end]
		w.torn = w.open
	}
	w.rest = w.rest[n+len(dropped):]
	return written, dropped
}

// mend ends a line whose end was dropped.
func (w *writer) mend(enough func() bool) error {
	if !w.torn {
		return nil
	}
	if _, err := w.to([]byte{'\n'}, enough); err != nil {
		return err
	}
	w.torn, w.open = false, false
	return nil
}

// maxPiece is what a pipe that has any room takes at once (PIPE_BUF), and what it
// never mixes with the lines of another process.
const maxPiece = 4096

// piece is the length of as many whole lines as fit, or of a part of a longer one.
func piece(lines []byte) int {
	if len(lines) <= maxPiece {
		return len(lines)
	}
	if end := bytes.LastIndexByte(lines[:maxPiece], '\n'); end >= 0 {
		return end + 1
	}
	return maxPiece
}
