package outbound

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/queue"
)

// A messenger makes attempts. First attempt and retry are one path.
type messenger struct {
	agent  string // User-Agent
	jitter func() float64
	log    *zap.Logger
}

// An ending is how one lease ended.
type ending struct {
	outcome queue.Outcome
	hold    time.Duration // the receiver asks the whole webhook to wait so long
	gone    bool          // the receiver wants nothing any more
	cut     bool          // we broke off: nothing is charged
}

// An errand is one lease under way.
type errand struct {
	draft   *Draft
	webhook *Webhook
	d       *event.Delivery
	scope   *expr.Scope
	at      time.Time
	said    *event.Said // once it is known
	sent    bool        // the request was made, so what fails now may be the receiver's doing
}

// deliver makes one attempt, by one plan, and says how the delivery goes on.
func (m *messenger) deliver(ctx context.Context, dr *Draft, w *Webhook, d *event.Delivery) (end ending) {
	e := &errand{draft: dr, webhook: w, d: d, at: time.Now()}
	defer func() {
		if r := recover(); r != nil {
			m.log.Error("an attempt panicked", zap.String("webhook", w.Name), zap.String("delivery_id", d.ID),
				zap.String("panic", dr.presentable(fmt.Sprint(r))), zap.ByteString("stack", debug.Stack()))
			end = m.panicked(e)
		}
	}()
	e.scope = Scope(d.Event)
	if end, ok := e.beforehand(); ok {
		return end
	}
	r, err := prepare(dr.plan, w, d, e.scope, e.at, m.agent)
	if err != nil {
		return e.unmade(err)
	}
	e.said, e.sent = r.said, true
	a := dr.send(ctx, w, r)
	if a.cut {
		return ending{cut: true}
	}
	return m.conclude(e, a)
}

// beforehand ends a delivery that is not to be attempted: too old, or replayed
// after its filter had failed, and now the filter says no or fails again.
func (e *errand) beforehand() (ending, bool) {
	maxAge := e.draft.plan.MaxAge
	if maxAge > 0 && e.d.Age >= maxAge && e.d.Charged > 0 {
		return ending{outcome: queue.Outcome{State: event.Failed, Class: event.Expired}}, true
	}
	if e.d.Class != event.Filter || e.d.Charged > 0 || e.webhook.Filter == nil {
		return ending{}, false
	}
	yes, err := e.webhook.Filter.Bool(e.scope)
	switch {
	case err != nil:
		return e.failed(event.Filter, "filter: "+err.Error()), true
	case !yes:
		return ending{outcome: queue.Outcome{State: event.Skipped, Class: event.Filter}}, true
	}
	return ending{}, false
}

// unmade fails a delivery whose request can't be made from its event.
func (e *errand) unmade(err error) ending {
	if errors.Is(err, errTooLarge) || errors.Is(err, expr.ErrTooLarge) {
		return e.failed(event.TooLarge, err.Error())
	}
	return e.failed(event.Mapping, err.Error())
}

// conclude reads the answer.
func (m *messenger) conclude(e *errand, a answer) ending {
	class, v := a.class, again
	if a.status != 0 {
		class, v = judge(a.status, e.webhook.Retry.Permanent)
	}
	done := e.attempt(class, a.text)
	done.Status, done.ResponseBody, done.Truncated = a.status, a.body, a.truncated
	hold := retryAfter(a.retryAfter, time.Now(), e.webhook.Retry.MaxRetryAfter)
	out := queue.Outcome{Class: class, Attempt: done}
	switch v {
	case delivered:
		out.State = event.Delivered
	case lost, gone:
		out.State = event.Failed
	case again:
		m.postpone(e, &out, hold)
	}
	return ending{outcome: out, hold: hold, gone: v == gone}
}

// postpone lets a delivery wait for its next attempt, or fail when it had its last.
func (m *messenger) postpone(e *errand, out *queue.Outcome, hold time.Duration) {
	wait, ok := e.webhook.Retry.wait(e.d.Charged+1, m.jitter())
	if !ok {
		out.State = event.Failed
		return
	}
	out.State, out.Wait = event.Pending, max(wait, hold)
	if maxAge := e.draft.plan.MaxAge; maxAge > 0 {
		left := maxAge - e.d.Age - time.Since(e.at)
		out.Wait = max(min(out.Wait, left), 0) // to fail in time, not late
	}
	if e.d.Said == nil {
		out.Said = e.said
	}
}

// panicked fails what can't be made, and retries what was perhaps sent.
func (m *messenger) panicked(e *errand) ending {
	const text = "Postern made a mistake of its own: its log has more"
	if !e.sent {
		return e.failed(event.Mapping, text)
	}
	out := queue.Outcome{Class: event.BadResponse, Attempt: e.attempt(event.BadResponse, text)}
	m.postpone(e, &out, 0)
	return ending{outcome: out}
}

func (e *errand) failed(class event.Class, text string) ending {
	return ending{outcome: queue.Outcome{State: event.Failed, Class: class, Attempt: e.attempt(class, e.draft.presentable(text))}}
}

func (e *errand) attempt(class event.Class, text string) *event.Attempt {
	return &event.Attempt{At: e.at.UTC().Round(0), Duration: time.Since(e.at), Class: class, Error: text}
}

// Scope is what expressions see of an event. Each has a budget of its own.
func Scope(e *event.Event) *expr.Scope { return ScopeWithin(e, expr.Budget{}) }

// ScopeWithin is Scope with another budget.
func ScopeWithin(e *event.Event, b expr.Budget) *expr.Scope {
	return expr.NewScopeWithin(expr.Event{ID: e.ID, Type: e.Type, Source: e.Source, Time: e.Timestamp(), Data: e.Data}, b)
}
