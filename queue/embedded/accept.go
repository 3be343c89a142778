package embedded

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/posternhq/postern/queue"
)

// Accept implements queue.Line.
func (l *Line) Accept(ctx context.Context, entries []queue.Entry) ([]queue.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkOwed(entries); err != nil {
		return nil, err
	}
	if err := l.pass(); err != nil {
		return nil, err
	}
	defer l.leave()
	names := namesOf(entries)
	held := askedOf(entries, names)
	if err := l.ids.hold(ctx, held); err != nil {
		return nil, err
	}
	defer l.ids.release(held)
	receipts := make([]queue.Receipt, len(entries))
	news, err := l.sift(entries, names, receipts)
	if err != nil {
		return nil, err
	}
	if len(news) == 0 {
		return receipts, nil
	}
	var need int64
	for _, f := range news {
		need += sizeOf(f.entry)
	}
	if err := l.reserve(need); err != nil {
		return nil, err
	}
	if err := l.keep(&intake{news, receipts, need}); err != nil {
		l.bytes.Add(-need)
		return nil, err
	}
	return receipts, nil
}

func checkOwed(entries []queue.Entry) error {
	for i := range entries {
		for _, o := range entries[i].Owed {
			if s, ok := stateOf(o.State); !ok || s == delivered {
				return fmt.Errorf("event %q: a delivery to %q can't begin as %q", entries[i].Event.ID, o.Lane, o.State)
			}
		}
	}
	return nil
}

// An intake is what one Accept brings.
type intake struct {
	news     []fresh
	receipts []queue.Receipt
	reserved int64
}

// keep has new events and what they owe written. They are on disk when it returns.
func (l *Line) keep(in *intake) error {
	if made := l.newLanesOf(in.news); len(made) > 0 {
		if _, err := l.need(made); err != nil {
			return err
		}
	}
	start := time.Now()
	write := l.keepTogether
	if inRows(in.news) {
		write = l.keepInRows
	}
	if err := write(in); err != nil {
		return err
	}
	l.o.Synced(time.Since(start))
	return nil
}

// newLanesOf lists the lanes of what is owed that are not there yet.
func (l *Line) newLanesOf(news []fresh) []string {
	var out map[string]struct{} // most often none is
	for _, f := range news {
		for i := range f.entry.Owed {
			if o := &f.entry.Owed[i]; l.lane(o.Lane) == nil {
				if out == nil {
					out = map[string]struct{}{}
				}
				out[o.Lane] = struct{}{}
			}
		}
	}
	return slices.Collect(maps.Keys(out))
}

// takeOff gives out n seqs in a row, the first of which it returns. Until
// landed is called, nothing at or above them may be removed as a range.
func (l *Line) takeOff(n int) (first uint64, landed func()) {
	l.seqMu.Lock()
	defer l.seqMu.Unlock()
	first = max(l.seq+1, seqAt(l.o.Now()))
	l.seq = first + uint64(n) - 1
	l.flying[first] = struct{}{}
	return first, func() {
		l.seqMu.Lock()
		defer l.seqMu.Unlock()
		delete(l.flying, first)
	}
}

// landedBelow is a seq below which no Accept is under way.
func (l *Line) landedBelow() uint64 {
	l.seqMu.Lock()
	defer l.seqMu.Unlock()
	least := l.seq + 1
	for seq := range l.flying {
		least = min(least, seq)
	}
	return least
}

// seqAt is the lowest seq that is given out at t.
func seqAt(t time.Time) uint64 { return uint64(max(0, t.UnixMilli())) << 20 }
