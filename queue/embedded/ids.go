package embedded

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/posternhq/postern/queue"
)

const remembered = int64(24 * 3600 * 1e9) // nanoseconds that a name is remembered

// holds keeps a second call with the same name waiting until the first is on
// disk, or has been refused.
type holds struct {
	mu   sync.Mutex
	busy map[name]chan struct{}
}

// hold waits until all names are free, and takes them all at once. Whoever
// holds some takes no more.
func (h *holds) hold(ctx context.Context, names []name) error {
	for len(names) > 0 {
		taken := h.try(names)
		if taken == nil {
			return nil
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// try takes all names, or returns what tells when one of them is free.
func (h *holds) try(names []name) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range names {
		if c := h.busy[n]; c != nil {
			return c
		}
	}
	if h.busy == nil {
		h.busy = map[name]chan struct{}{}
	}
	c := make(chan struct{})
	for _, n := range names {
		h.busy[n] = c
	}
	return nil
}

func (h *holds) release(names []name) {
	if len(names) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.busy[names[0]])
	for _, n := range names {
		delete(h.busy, n)
	}
}

// A fresh is an entry that was not accepted before.
type fresh struct {
	entry  *queue.Entry
	index  int
	names  []name // of its id, and of its key if it has one
	digest hash   // zero: nobody asks for it yet

	seq  uint64 // when it is being written
	size int    // of its e record
}

func namesOf(entries []queue.Entry) [][]name {
	all := make([][]name, len(entries))
	flat := make([]name, 0, 2*len(entries))
	for i := range entries {
		from := len(flat)
		flat = append(flat, nameOfID(entries[i].Event.ID))
		if k := entries[i].Key; k != "" {
			flat = append(flat, nameOfKey(hashText(k)))
		}
		all[i] = flat[from:len(flat):len(flat)]
	}
	return all
}

// sift parts new entries from duplicates, whose receipts it fills in.
func (l *Line) sift(entries []queue.Entry, names [][]name, receipts []queue.Receipt) ([]fresh, error) {
	within := map[name]accepted{} // this call
	out := make([]fresh, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		f := fresh{entry: e, index: i, names: names[i]}
		receipts[i].ID = e.Event.ID
		ask := asked(e, f.names)
		if len(ask) == 0 {
			out = append(out, f)
			continue
		}
		f.digest = digest(&e.Event)
		known, err := l.known(ask, within)
		if err != nil {
			return nil, err
		}
		if known == nil {
			out = append(out, f)
			for _, n := range f.names {
				within[n] = accepted{digest: f.digest, id: e.Event.ID}
			}
			continue
		}
		if same, err := l.same(known, f.digest); err != nil {
			return nil, err
		} else if !same {
			return nil, conflict(i, e)
		}
		receipts[i].Duplicate = true
		if known.id != "" {
			receipts[i].ID = known.id // known by its key
		}
	}
	return out, nil
}

// same tells whether what is known is the event with that digest. One whose digest
// nobody needed, and that is gone, is not taken to be: who posts it is told.
func (l *Line) same(known *accepted, as hash) (bool, error) {
	if known.digest != (hash{}) {
		return known.digest == as, nil
	}
	e, err := l.readEvent(known.seq)
	switch {
	case errors.Is(err, errUnreadable), err == nil && e == nil:
		return false, nil
	case err != nil:
		return false, err
	}
	return digest(e) == as, nil
}

func conflict(i int, e *queue.Entry) error {
	if e.Key != "" {
		return &queue.ConflictError{Index: i, ID: e.Key}
	}
	return &queue.ConflictError{Index: i, ID: e.Event.ID}
}

// known finds what was accepted under one of the names.
func (l *Line) known(names []name, within map[name]accepted) (*accepted, error) {
	for _, n := range names {
		if a, ok := within[n]; ok {
			return &a, nil
		}
		a, err := l.accepted(n)
		if err != nil {
			return nil, err
		}
		if a != nil && l.clock.read()-a.at < remembered {
			return a, nil
		}
	}
	return nil, nil
}

// accepted reads what is stored under a name; nil if nothing is. An unreadable
// record counts as none: that may cost a repeated event, but never an event.
func (l *Line) accepted(n name) (*accepted, error) {
	key := n.key()
	v, done, err := l.store.get(key)
	if v == nil && err == nil {
		return nil, nil
	}
	var a accepted
	if err == nil {
		a, err = decodeAccepted(key, v)
		_ = done.Close() // nothing is read after
	}
	if errors.Is(err, errUnreadable) {
		return nil, l.quarantine(key)
	}
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// asked are the names under which something may have been accepted, or come at the
// same time.
func asked(e *queue.Entry, names []name) []name {
	if e.MadeUp {
		return names[1:]
	}
	return names
}

// askedOf drops repeats within one call, which must not wait for itself.
func askedOf(entries []queue.Entry, names [][]name) []name {
	if len(entries) == 1 {
		return asked(&entries[0], names[0])
	}
	var all []name
	for i := range entries {
		all = append(all, asked(&entries[i], names[i])...)
	}
	seen := make(map[name]struct{}, len(all))
	return slices.DeleteFunc(all, func(n name) bool {
		_, again := seen[n]
		seen[n] = struct{}{}
		return again
	})
}
