package embedded

import "github.com/posternhq/postern/queue"

// reserve sets need bytes aside for an Accept, before anything is written, so
// that concurrent ones don't take the same room. History gives way to them.
func (l *Line) reserve(need int64) error {
	if err := l.space.room(need); err != nil {
		return err
	}
	if l.claim(need) {
		return nil
	}
	if need > l.o.MaxBytes {
		return queue.ErrFull
	}
	if err := l.writeSettled(); err != nil { // it is history, which gives way
		return err
	}
	l.kept.Lock()
	defer l.kept.Unlock()
	if l.claim(need) { // another call has made room meanwhile
		return nil
	}
	if err := l.discard(l.bytes.Load() + need - l.o.MaxBytes); err != nil {
		return err
	}
	if l.claim(need) {
		return nil
	}
	return queue.ErrFull
}

func (l *Line) claim(need int64) bool {
	if l.bytes.Add(need) <= l.o.MaxBytes {
		return true
	}
	l.bytes.Add(-need)
	return false
}

// sizeOf is at least what an entry will take.
func sizeOf(e *queue.Entry) int64 {
	n := 64 + len(e.Event.ID) + len(e.Event.Type) + len(e.Event.Time) + len(e.Event.Source) + besides(&e.Event) + len(e.Event.Data)
	each := 128 + len(e.Event.ID) + len(e.Event.Type)
	for _, o := range e.Owed {
		n += each + len(o.Order) + 2*len(o.Class) + len(o.Error)
	}
	if len(e.Owed) == 0 {
		n += each
	}
	return int64(n)
}
