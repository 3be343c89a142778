package embedded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/queuetest"
)

// Twins are the line on disk and the line in memory, which get the same calls
// and have to give the same answers, over restarts and crashes.
type twins struct {
	*testing.T
	rng   *rand.Rand
	clock *fakeClock
	files *vfs.MemFS
	ours  *Line
	model *queuetest.Memory

	leases   []pair
	events   []queue.Entry // accepted ones, to be repeated
	accepted time.Time     // of the newest
	last     string        // call, for the message
}

// A pair is one lease of each.
type pair struct{ ours, model queue.Lease }

const (
	modelRetainDelivered = 2 * time.Hour
	modelRetainFailed    = 30 * time.Hour
)

var modelLanes = []string{"a", "b", "c", "d"}

func TestTheLineFollowsTheModel(t *testing.T) {
	long(t)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			w := &twins{T: t, rng: rand.New(rand.NewPCG(seed, 8)), clock: newFakeClock(), files: vfs.NewCrashableMem()}
			w.model = queuetest.NewMemory(w.modelOptions())
			w.open()
			w.each("lanes", func(l queue.Line) (any, error) { // numbers in the order of names
				return nil, l.Stop(t.Context(), map[string]bool{"a": false, "b": false, "c": false, "d": false})
			})
			for range 300 {
				w.step()
			}
			w.look()
			mustClose(t, w.ours)
		})
	}
}

func (w *twins) modelOptions() queuetest.Options {
	return queuetest.Options{RetainDelivered: modelRetainDelivered, RetainFailed: modelRetainFailed, Now: w.clock.now}
}

func (w *twins) open() {
	w.ours = mustOpen(w.T, "data", Options{
		FS: w.files, RetainDelivered: modelRetainDelivered, RetainFailed: modelRetainFailed, Now: w.clock.now,
	})
}

// each makes a call to both, and compares what they answer.
func (w *twins) each(what string, call func(queue.Line) (any, error)) (ok bool) {
	w.Helper()
	w.last = what
	ours, err := call(w.ours)
	model, want := call(w.model)
	w.same(what, ours, model)
	w.sameError(what, err, want)
	return err == nil
}

func (w *twins) same(what string, ours, model any) {
	w.Helper()
	if reflect.DeepEqual(ours, model) {
		return // the rest is much slower
	}
	if d := cmp.Diff(model, ours, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.AddrPort{})); d != "" {
		w.Fatalf("%s, after %s (-model +ours):\n%s", what, w.last, d)
	}
}

// nameless takes the ids away, which differ.
func nameless(deliveries ...event.Delivery) []event.Delivery {
	out := slices.Clone(deliveries)
	for i := range out {
		out[i].ID = ""
		if b := out[i].Behind; b != nil {
			out[i].Behind = &event.Behind{Failed: b.Failed}
		}
	}
	return out
}

func (w *twins) sameError(what string, ours, model error) {
	w.Helper()
	var conflict, wanted *queue.ConflictError
	if errors.As(model, &wanted) && errors.As(ours, &conflict) {
		w.same(what, *conflict, *wanted)
	} else if ours != nil && model == nil || !errors.Is(ours, model) {
		w.Fatalf("%s, after %s: error %v, want %v", what, w.last, ours, model)
	}
}

// step is one random call, and now and then a look at everything.
func (w *twins) step() {
	w.Helper()
	lane := modelLanes[w.rng.IntN(len(modelLanes))]
	switch k := w.rng.IntN(100); {
	case k < 18:
		w.accept(1 + w.rng.IntN(4))
	case k < 19:
		w.accept(w.rng.IntN(2 * readyMost)) // more than a lane keeps in memory
	case k < 40:
		w.take(lane, w.rng.IntN(6))
	case k < 44:
		w.take(lane, 100)
	case k < 70:
		if k%4 == 0 {
			w.trimSoon()
		}
		for range 1 + w.rng.IntN(20) {
			w.settle()
		}
	case k < 74:
		w.each("stop "+lane, func(l queue.Line) (any, error) {
			return nil, l.Stop(w.Context(), map[string]bool{lane: k%2 == 0})
		})
	case k < 79:
		w.replay()
	case k < 80:
		w.move(lane)
	case k < 81:
		w.each("let go "+lane, func(l queue.Line) (any, error) { return l.LetGo(w.Context(), lane) })
	case k < 90:
		w.clock.advance(time.Duration(w.rng.Int64N(int64(3 * time.Minute))))
	case k < 92:
		w.clock.advance(time.Duration(w.rng.Int64N(int64(13 * time.Hour))))
	case k < 93:
		w.workOff()
	case k < 95:
		w.sweep()
	case k < 97:
		w.restart()
	default:
		w.look()
	}
}

func (w *twins) accept(n int) {
	w.Helper()
	at := later(w.accepted, w.clock.now()) // as though nobody set clocks
	plain := n > 10 || w.rng.IntN(2) == 0
	entries := make([]queue.Entry, n)
	for i := range entries {
		entries[i] = w.entry(len(w.events)+i, at, plain)
	}
	var receipts []queue.Receipt
	ok := w.each("accept", func(l queue.Line) (_ any, err error) {
		receipts, err = l.Accept(w.Context(), entries)
		return receipts, err
	})
	for i := range entries {
		if ok && !receipts[i].Duplicate {
			w.events, w.accepted = append(w.events, entries[i]), at
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// entry is a new event, all of whose deliveries wait, or if it is not to be
// plain, now and then an old one again, changed or not.
func (w *twins) entry(number int, at time.Time, plain bool) queue.Entry {
	e := entryOf(fmt.Sprint("e", number))
	if w.rng.IntN(10) == 0 {
		e.Key = fmt.Sprint("key", w.rng.IntN(200))
		e.Event.Data = []byte("{}")
	}
	if len(w.events) > 0 && !plain && w.rng.IntN(10) == 0 {
		e.Event = w.events[w.rng.IntN(len(w.events))].Event
		if w.rng.IntN(5) == 0 {
			e.Event.Type = "contact.changed"
		}
	}
	e.Event.Accepted = at
	for _, lane := range modelLanes {
		o := queue.Owed{Lane: lane, State: event.Pending}
		switch k := w.rng.IntN(12); {
		case k < 4:
			continue
		case k == 4 && !plain:
			o.State = event.Skipped
		case k == 5 && !plain:
			o.State, o.Class, o.Error = event.Failed, event.Filter, "no such member"
		}
		if n := w.rng.IntN(12); n < 6 { // few orders, so that rows are long
			o.Order = queue.OrderOf(fmt.Sprint("contact ", n))
			o.Hold = o.State == event.Failed && w.rng.IntN(2) == 0
		}
		e.Owed = append(e.Owed, o)
	}
	return e
}

func (w *twins) take(lane string, n int) {
	w.Helper()
	w.last = fmt.Sprintf("take %d of %s", n, lane)
	ours, again, err := w.ours.Take(lane, n)
	model, wantAgain, want := w.model.Take(lane, n)
	w.sameError("take", err, want)
	w.same("leases", leased(ours), leased(model))
	w.same("again", again, wantAgain)
	for i := range ours {
		w.leases = append(w.leases, pair{ours[i], model[i]})
	}
}

func leased(leases []queue.Lease) (out []event.Delivery) {
	for _, l := range leases {
		d := *l.Delivery()
		d.ID, d.Attempts = "", slices.Clone(d.Attempts)
		for i := range d.Attempts {
			d.Attempts[i].ResponseBody = nil // may be there
		}
		out = append(out, d)
	}
	return out
}

func (w *twins) settle() {
	w.Helper()
	if len(w.leases) == 0 {
		return
	}
	i := w.rng.IntN(len(w.leases))
	p := w.leases[i]
	if w.rng.IntN(20) > 0 { // else it is ended a second time, some day
		w.leases = append(w.leases[:i], w.leases[i+1:]...)
	}
	o := w.outcome()
	w.last = fmt.Sprintf("settle %s of %s with %+v", p.ours.Delivery().EventID, p.ours.Delivery().Webhook, o)
	if o.State == "" {
		w.sameError("release", p.ours.Release(), p.model.Release())
		return
	}
	w.sameError("settle", p.ours.Settle(w.Context(), o), p.model.Settle(w.Context(), o))
}

// workOff delivers nearly all that is due: much to be removed in a row.
func (w *twins) workOff() {
	w.Helper()
	w.each("start", func(l queue.Line) (any, error) {
		return nil, l.Stop(w.Context(), map[string]bool{"a": false, "b": false, "c": false, "d": false})
	})
	for _, lane := range modelLanes {
		w.take(lane, 1000)
	}
	for i, p := range w.leases {
		o := queue.Outcome{State: event.Delivered, Class: event.OK}
		if i%50 == 49 {
			o.State, o.Wait = event.Pending, time.Hour
		}
		w.sameError("settle", p.ours.Settle(w.Context(), o), p.model.Settle(w.Context(), o))
	}
	w.leases = nil
}

// outcome has no state when the lease is to be released.
func (w *twins) outcome() queue.Outcome {
	a := &event.Attempt{At: w.clock.now(), Class: event.Status, Status: 500, Error: "500"}
	if w.rng.IntN(3) == 0 {
		a.ResponseBody = []byte("busy")
	}
	switch w.rng.IntN(8) {
	case 0:
		return queue.Outcome{}
	case 1:
		return queue.Outcome{State: event.Failed, Class: event.Expired}
	case 2:
		return queue.Outcome{State: event.Failed, Class: event.Status, Attempt: a, Hold: w.rng.IntN(2) == 0}
	case 3:
		return queue.Outcome{State: event.Skipped, Class: event.Filter}
	case 4, 5:
		o := queue.Outcome{State: event.Pending, Class: event.Status, Attempt: a}
		o.Wait = time.Duration(w.rng.Int64N(int64(20*time.Minute))) - time.Minute
		if w.rng.IntN(2) == 0 {
			o.Said = &event.Said{Method: "POST", ContentType: "application/json", Payload: fmt.Append(nil, w.rng.IntN(1000))}
		}
		return o
	}
	a.Class, a.Status, a.Error = event.OK, 200, ""
	return queue.Outcome{State: event.Delivered, Class: event.OK, Attempt: a}
}

func (w *twins) replay() {
	w.Helper()
	ours, model := w.pages(w.filter(), map[queue.Line]string{})
	if len(ours) == 0 {
		return
	}
	i := w.rng.IntN(len(ours))
	ids := map[queue.Line]string{w.ours: ours[i].ID, w.model: model[i].ID}
	w.each(fmt.Sprintf("replay %s of %s", ours[i].EventID, ours[i].Webhook), func(l queue.Line) (any, error) {
		d, err := l.Replay(w.Context(), ids[l])
		d = nameless(d)[0]
		d.Event, d.Attempts, d.Said = nil, nil, nil
		return d, err
	})
}

func (w *twins) move(from string) {
	w.Helper()
	to := modelLanes[w.rng.IntN(len(modelLanes))]
	w.trimSoon()
	w.each("move "+from+" to "+to, func(l queue.Line) (any, error) {
		sum, err := l.Move(w.Context(), from, to)
		if from == to {
			err = nil // the words are ours and theirs
		}
		return sum, err
	})
}

func (w *twins) sweep() {
	w.Helper()
	w.ours.history.expire = 0 // at once, not minutes later
	w.each("sweep", func(l queue.Line) (any, error) { return nil, l.Sweep(w.Context()) })
}

// restart closes the line in order, or crashes it after something that was
// synced, with which all that came before is on disk too.
func (w *twins) restart() {
	w.Helper()
	if w.rng.IntN(2) == 0 {
		w.each("close", func(l queue.Line) (any, error) { return nil, l.Close() })
	} else {
		w.each("note", func(l queue.Line) (any, error) { return nil, l.Note(w.Context(), "a", []byte("n")) })
		after := w.files.CrashClone(vfs.CrashCloneCfg{})
		w.each("crash", func(l queue.Line) (any, error) { return nil, l.Close() })
		w.files = after
	}
	w.clock.advance(time.Duration(w.rng.Int64N(int64(2*time.Hour))) - time.Hour)
	w.leases = nil
	w.model.Reopen(w.modelOptions())
	w.open()
	w.look()
}

// trimSoon makes the next end of a delivery the one that trims its lane.
func (w *twins) trimSoon() {
	for _, n := range w.ours.lanes() {
		n.emptied = trimEvery - 1
	}
}

// look compares all that can be seen.
func (w *twins) look() {
	w.Helper()
	checkCounts(w.T, w.ours)
	checkRows(w.T, w.ours)
	if n := w.ours.Stats().Corrupt; n != 0 {
		w.Fatalf("after %s %d records are unreadable", w.last, n)
	}
	ours, err := w.ours.Lanes(w.Context())
	model, want := w.model.Lanes(w.Context())
	w.sameError("lanes", err, want)
	w.same("lanes", ours, model)
	all, allModel := w.listed(queue.Filter{Limit: 500})
	w.listed(w.filter())
	for range min(20, len(all)) {
		i := w.rng.IntN(len(all))
		one, err := w.ours.Delivery(w.Context(), all[i].ID)
		other, want := w.model.Delivery(w.Context(), allModel[i].ID)
		w.sameError("delivery", err, want)
		w.same("delivery", nameless(one), nameless(other))
	}
	for range min(20, len(w.events)) {
		id := w.events[w.rng.IntN(len(w.events))].Event.ID
		e, owed, err := w.ours.Event(w.Context(), id)
		other, owedOther, want := w.model.Event(w.Context(), id)
		w.sameError("event", err, want)
		w.same("event", e, other)
		w.same("owed by "+id, nameless(owed...), nameless(owedOther...))
	}
}

// listed compares all pages of a list.
func (w *twins) listed(f queue.Filter) (ours, model []event.Delivery) {
	w.Helper()
	cursors := map[queue.Line]string{}
	for {
		one, other := w.pages(f, cursors)
		ours, model = append(ours, one...), append(model, other...)
		if cursors[w.ours] == "" {
			return ours, model
		}
	}
}

// pages compares one page of each, and moves the cursors.
func (w *twins) pages(f queue.Filter, cursors map[queue.Line]string) (ours, model []event.Delivery) {
	w.Helper()
	f.Cursor = cursors[w.ours]
	one, err := w.ours.List(w.Context(), f)
	f.Cursor = cursors[w.model]
	other, want := w.model.List(w.Context(), f)
	w.sameError("list", err, want)
	w.same(fmt.Sprintf("list %+v", f), nameless(one.Deliveries...), nameless(other.Deliveries...))
	w.same("there is a next page", one.NextCursor != "", other.NextCursor != "")
	cursors[w.ours], cursors[w.model] = one.NextCursor, other.NextCursor
	return one.Deliveries, other.Deliveries
}

func (w *twins) filter() queue.Filter {
	f := queue.Filter{Limit: 1 + w.rng.IntN(200)}
	if w.rng.IntN(2) == 0 {
		f.Lanes = modelLanes[:w.rng.IntN(len(modelLanes))]
	}
	if w.rng.IntN(2) == 0 {
		f.NotIn = modelLanes[2:3]
	}
	if w.rng.IntN(2) == 0 {
		f.States = []event.State{event.Pending, event.Failed}
	}
	if w.rng.IntN(4) == 0 {
		f.Class = event.Status
	}
	if len(w.events) > 0 && w.rng.IntN(2) == 0 {
		f.Since = w.events[w.rng.IntN(len(w.events))].Event.Accepted
	}
	return f
}
