package embedded

import (
	"maps"

	"github.com/posternhq/postern/queue"
)

// Stats implements queue.Line. It also answers for a broken or closed line.
func (l *Line) Stats() queue.Stats {
	free, floor, err := l.space.read()
	if err != nil {
		free = 0
	}
	l.statsMu.Lock()
	defer l.statsMu.Unlock()
	return queue.Stats{
		Bytes:     l.bytes.Load(),
		MaxBytes:  l.o.MaxBytes,
		FreeBytes: free,
		Floor:     floor,
		Corrupt:   l.corrupt,
		Aside:     l.aside,
		Discarded: maps.Clone(l.discarded),
	}
}
