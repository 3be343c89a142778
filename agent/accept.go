package agent

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/inbound"
	"github.com/posternhq/postern/queue"
)

// maxOwed bounds the deliveries that one call at the door may owe.
const maxOwed = 100_000

// Accept matches items with the configuration in force and puts them into the
// line, all or none; they are on disk when it returns.
func (a *Agent) Accept(ctx context.Context, items []inbound.Item) ([]inbound.Receipt, error) {
	if a.shut.Load() {
		return nil, inbound.ErrStopping
	}
	now := a.force.Load()
	entries, err := owe(now.generation, items, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	turn := a.pulse.Turn("put events into the line", longestBeat)
	receipts, err := a.line.Accept(ctx, entries)
	turn.End()
	if err != nil {
		return nil, a.refusal(ctx, err)
	}
	a.wake(entries, receipts)
	return a.answer(now, entries, receipts), nil
}

// owe turns items into entries of the line.
func owe(g *config.Generation, items []inbound.Item, now time.Time) ([]queue.Entry, error) {
	entries := make([]queue.Entry, len(items))
	total := 0
	for i := range items {
		e := &entries[i]
		e.Event, e.MadeUp, e.Key = items[i].Event, items[i].MadeUp, items[i].Key
		e.Event.Accepted = now
		matches := g.Match(&e.Event)
		if total += len(matches); total > maxOwed {
			return nil, inbound.ErrTooMany
		}
		if len(matches) == 0 {
			continue
		}
		e.Owed = make([]queue.Owed, len(matches))
		for j, m := range matches {
			e.Owed[j] = queue.Owed{Lane: m.Webhook, State: m.State, Class: m.Class, Error: m.Error, Order: queue.OrderOf(m.Order), Hold: m.Hold}
		}
	}
	return entries, nil
}

// refusal says the line's errors in the words of the door. That the storage fails
// was said once already, and who is gone wants no answer.
func (a *Agent) refusal(ctx context.Context, err error) error {
	var conflict *queue.ConflictError
	switch {
	case errors.As(err, &conflict):
		return &inbound.ConflictError{Index: conflict.Index, ID: conflict.ID}
	case errors.Is(err, queue.ErrFull):
		return inbound.ErrFull
	}
	if ctx.Err() == nil && a.line.Trouble() == nil {
		a.log.Error("event refused: storage", zap.Error(err))
	}
	return inbound.ErrUnavailable
}

// wake tells the messenger which lanes got something.
func (a *Agent) wake(entries []queue.Entry, receipts []queue.Receipt) {
	if len(entries) == 1 {
		if !receipts[0].Duplicate {
			for _, o := range entries[0].Owed {
				a.lanes.Wake(o.Lane)
			}
		}
		return
	}
	woken := make(map[string]bool)
	for i, e := range entries {
		if receipts[i].Duplicate {
			continue
		}
		for _, o := range e.Owed {
			if !woken[o.Lane] {
				woken[o.Lane] = true
				a.lanes.Wake(o.Lane)
			}
		}
	}
}

func (a *Agent) answer(f *force, entries []queue.Entry, receipts []queue.Receipt) []inbound.Receipt {
	out := make([]inbound.Receipt, len(receipts))
	for i, r := range receipts {
		out[i] = inbound.Receipt{ID: r.ID, Deliveries: r.Deliveries, Duplicate: r.Duplicate}
		if r.Duplicate {
			a.metrics.Duplicate()
			continue
		}
		e := &entries[i]
		a.metrics.Received(f.label(e.Event.Type))
		if len(e.Owed) == 0 {
			a.metrics.Unrouted()
			a.unrouted.warn(a.log, e.Event.Type)
		}
		a.countEnded(e.Owed)
	}
	return out
}

// countEnded counts the deliveries that ended at the door: no lane will.
func (a *Agent) countEnded(owed []queue.Owed) {
	for _, o := range owed {
		if o.State != event.Pending {
			a.metrics.Ended(o.Lane, string(o.State))
		}
	}
}
