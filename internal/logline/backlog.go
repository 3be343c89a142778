package logline

import (
	"bytes"
	"sync"
)

const (
	maxBacklogBytes = 4 << 20
	maxBacklogLines = 10_000
	maxSpare        = 256 << 10 // bytes of space that are kept for further lines
)

// A backlog holds the lines that are not written yet.
type backlog struct {
	wake chan struct{} // has a token when there may be something to take

	mu      sync.Mutex
	waiting []byte // whole lines
	spare   []byte // the space of lines that were written
	bytes   int    // that wait or are being written
	lines   int    // likewise
}

func newBacklog() *backlog { return &backlog{wake: make(chan struct{}, 1)} }

// put adds a line. It tells whether there was room.
func (b *backlog) put(line []byte) bool {
	b.mu.Lock()
	room := b.bytes+len(line) <= maxBacklogBytes && b.lines < maxBacklogLines
	if room {
		b.waiting = append(b.waiting, line...)
		b.bytes += len(line)
		b.lines++
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return room
}

// take hands over all that waits. It keeps its room until it is released.
func (b *backlog) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.waiting
	b.waiting, b.spare = b.spare, nil
	return all
}

// reuse gives back the space of what was taken, once all of it is released.
func (b *backlog) reuse(space []byte) {
	if cap(space) > maxSpare {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spare = space[:0]
}

// release gives the room of what was taken back, and tells how many lines it had.
func (b *backlog) release(written []byte) int {
	lines := bytes.Count(written, []byte{'\n'})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes -= len(written)
	b.lines -= lines
	return lines
}

// losses count the lines that were dropped.
type losses struct {
	mu     sync.Mutex
	all    int
	untold int         // in the log
	told   func(n int) // nil: nobody
}

func (l *losses) add(n int) {
	l.mu.Lock()
	l.all += n
	l.untold += n
	told := l.told
	l.mu.Unlock()
	if told != nil && n > 0 {
		told(n)
	}
}

func (l *losses) tell(f func(n int)) {
	l.mu.Lock()
	l.told = f
	all := l.all
	l.mu.Unlock()
	if f != nil && all > 0 {
		f(all)
	}
}

// news is how many lines were dropped since it was last called.
func (l *losses) news() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.untold
	l.untold = 0
	return n
}
