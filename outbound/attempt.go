package outbound

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A Report is one ended attempt and where it left its delivery.
type Report struct {
	Delivery string
	EventID  string
	Trace    string // the id of the trace that the event belongs to; may be empty
	Type     string
	Webhook  string
	Number   int // of the attempt; 0 when the delivery ended without one (expired, skipped)
	State    event.State
	Class    event.Class
	Status   int
	Duration time.Duration
	Error    string
	Next     time.Time // of the next attempt, if there is one

	Timeline   event.Timeline
	Connection event.Connection
}

// attempt sees one lease through.
func (l *Lanes) attempt(ctx context.Context, d *Draft, w *Webhook, n *lane, lease queue.Lease, probe bool) {
	defer l.leave(d)
	dl := lease.Delivery()
	t := trial{dl.ID, time.Now(), probe}
	in, put := l.admit(dl)
	if put != nil {
		l.heard(n, w, t, put, t.began)
		l.inOrder(w, put)
		l.conclude(ctx, n, lease, put)
		return
	}
	defer l.over(in)
	watch := l.places.watch(&n.share, t.began)
	making := l.pulse.Turn(n.making, w.Timeout+longestTurn)
	end := l.messenger.deliver(ctx, d, w, dl)
	making.End()
	ended := time.Now()
	l.places.unwatch(watch, &end.outcome, ended)
	l.heard(n, w, t, &end.outcome, ended)
	if end.cut {
		l.release(lease)
		l.Wake(n.name)
		return
	}
	if end.hold > 0 {
		l.holdBack(n, w, end.hold)
	}
	if end.gone {
		l.suspend(context.WithoutCancel(ctx), w, end.outcome.Attempt.Error)
	}
	l.inOrder(w, &end.outcome)
	l.conclude(ctx, n, lease, &end.outcome)
}

// conclude records how a lease ended, and tells.
func (l *Lanes) conclude(ctx context.Context, n *lane, lease queue.Lease, o *queue.Outcome) {
	dl := lease.Delivery()
	settled := l.settle(ctx, context.WithoutCancel(ctx), lease, *o)
	if settled && o.Hold {
		l.letGoLate(context.WithoutCancel(ctx), o, n.name)
	}
	if !settled || o.State == event.Pending || dl.Ordered { // then another one's turn may have come
		l.Wake(n.name)
	}
	if o.State == event.Pending && o.Attempt == nil {
		return // it stepped aside
	}
	now := time.Now()
	lag := max(0, now.Sub(dl.Created)) // the clock may have been set back
	l.tell(reportOf(dl, o, now), lag, settled)
}

// leave closes the connection of an attempt by a plan that is in force no more:
// nobody will use it again.
func (l *Lanes) leave(d *Draft) {
	if now := l.current.Load(); now != d {
		d.clients.closeBut(now.clients)
	}
}

// settle records an outcome, and does not give up while the storage fails: a
// lost success is a duplicate. When it has to give up, the delivery is due again.
func (l *Lanes) settle(ctx, keep context.Context, lease queue.Lease, o queue.Outcome) bool {
	for failures := 1; ; failures++ {
		turn := l.pulse.Turn("record an attempt in the line", longestTurn)
		err := lease.Settle(keep, o)
		turn.End()
		switch {
		case err == nil:
			l.lineWell()
			return true
		case errors.Is(err, queue.ErrSettled): // its line was opened anew meanwhile
			return false
		case !errors.Is(err, queue.ErrUnavailable):
			l.log.Error("an attempt could not be recorded; it will be repeated", zap.String("delivery_id", lease.Delivery().ID), zap.Error(err))
			l.release(lease)
			return false
		}
		l.lineFailed(err)
		nap := time.NewTimer(backoff(failures))
		select {
		case <-nap.C:
		case <-ctx.Done():
			nap.Stop()
			l.release(lease)
			return false
		}
	}
}

func reportOf(d *event.Delivery, o *queue.Outcome, now time.Time) Report {
	r := Report{Delivery: d.ID, EventID: d.EventID, Type: d.Type, Webhook: d.Webhook, State: o.State, Class: o.Class}
	if d.Event != nil {
		r.Trace = d.Event.Trace.ID()
	}
	if a := o.Attempt; a != nil {
		r.Number = 1
		if made := len(d.Attempts); made > 0 {
			r.Number = d.Attempts[made-1].Number + 1
		}
		r.Status, r.Duration, r.Error = a.Status, a.Duration, a.Error
		r.Timeline, r.Connection = a.Timeline, a.Connection
	}
	if o.State == event.Pending {
		r.Next = now.Add(o.Wait)
	}
	return r
}

// tell counts, logs and reports how an attempt ended.
func (l *Lanes) tell(r Report, lag time.Duration, settled bool) {
	if r.Number > 0 {
		l.metrics.Attempt(r.Webhook, string(r.Class), r.Duration)
	}
	if settled && r.State != event.Pending {
		l.metrics.Ended(r.Webhook, string(r.State))
	}
	if settled && r.State == event.Delivered {
		l.metrics.Lag(r.Webhook, lag)
	}
	write := l.log.Info
	if r.State == event.Failed {
		write = l.log.Warn
	}
	space := fieldSpace.Get().(*[]zap.Field)
	fields := r.fields((*space)[:0])
	write("attempt", fields...)
	clear(fields)
	*space = fields
	fieldSpace.Put(space)
	if settled {
		l.ended(r)
	}
}

// fieldSpace is used again: who logs fields does not keep them.
var fieldSpace = sync.Pool{New: func() any { return new([]zap.Field) }}

// fields appends all that the log says of an attempt: no body, no header value. How
// far it came is said of a failed one.
func (r *Report) fields(fields []zap.Field) []zap.Field {
	fields = append(fields,
		zap.String("webhook", r.Webhook),
		zap.String("event_id", r.EventID),
		zap.String("delivery_id", r.Delivery),
		zap.Int("attempt", r.Number),
		zap.Int("status", r.Status),
		zap.String("class", string(r.Class)),
		zap.Int64("duration_ms", r.Duration.Milliseconds()),
		zap.String("state", string(r.State)),
	)
	if r.Trace != "" {
		fields = append(fields, zap.String("trace_id", r.Trace))
	}
	if r.Error != "" {
		fields = append(fields, zap.String("error", r.Error))
	}
	if r.Class != event.OK && r.Connection.Remote.IsValid() {
		fields = append(fields, zap.Stringer("address", r.Connection.Remote))
	}
	if r.Class != event.OK && r.Timeline != (event.Timeline{}) {
		fields = append(fields, zap.Dict("timeline", moments(&r.Timeline)...))
	}
	if !r.Next.IsZero() {
		fields = append(fields, zap.Time("next_attempt_at", r.Next.UTC()))
	}
	return fields
}

// moments are those that came, in the words of the API.
func moments(t *event.Timeline) (fields []zap.Field) {
	for at := range t.Moments() {
		fields = append(fields, zap.Float64(at.Name+"_ms", at.Milliseconds()))
	}
	return fields
}
