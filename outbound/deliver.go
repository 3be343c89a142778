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
	if e.draft.plan.Expired(e.d.Charged, e.d.Age) {
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
	hold := retryAfter(a.retryAfter, time.Now(), e.webhook.Retry.MaxRetryAfter)
	past := m.past(e, hold)
	var c Course
	if a.status != 0 {
		c = e.draft.plan.Judge(e.webhook, Reply{a.status, a.header, a.whole}, past)
	} else {
		c = e.draft.plan.again(e.webhook, a.class, past)
	}
	done := e.attempt(c.Class, e.draft.told(a, c))
	done.Status, done.ResponseBody, done.Truncated = a.status, a.body, a.truncated
	done.Timeline, done.Connection = a.timeline, a.over
	return ending{outcome: e.outcome(c, done), hold: hold, gone: c.Class == event.Gone}
}

// told is what people are told of an answer; nothing of a success.
func (d *Draft) told(a answer, c Course) string {
	switch {
	case c.State == event.Delivered:
		return ""
	case c.Why == "":
		return a.text
	case a.text == "":
		return d.presentable(c.Why)
	}
	return d.presentable(a.text + "; " + c.Why)
}

// past is what the delivery has behind it now.
func (m *messenger) past(e *errand, hold time.Duration) Past {
	return Past{Charged: e.d.Charged, Age: e.d.Age + time.Since(e.at), Hold: hold, Jitter: m.jitter()}
}

// outcome is what the line is told of an attempt.
func (e *errand) outcome(c Course, done *event.Attempt) queue.Outcome {
	out := queue.Outcome{State: c.State, Class: c.Class, Wait: c.Wait, Attempt: done}
	if c.State == event.Pending && e.d.Said == nil {
		out.Said = e.said
	}
	return out
}

// panicked fails what can't be made, and retries what was perhaps sent.
func (m *messenger) panicked(e *errand) ending {
	const text = "Postern made a mistake of its own: its log has more"
	if !e.sent {
		return e.failed(event.Mapping, text)
	}
	c := e.draft.plan.again(e.webhook, event.BadResponse, m.past(e, 0))
	return ending{outcome: e.outcome(c, e.attempt(c.Class, text))}
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
	return expr.NewScopeWithin(Visible(e), b)
}

// Visible is what expressions see of an event.
func Visible(e *event.Event) expr.Event {
	v := expr.Event{ID: e.ID, Type: e.Type, Source: e.Source, Time: e.Time, Accepted: e.Accepted, Data: e.Data}
	if e.Cloud != nil {
		v.CloudID, v.Attributes = e.Cloud.ID, e.Cloud.Attributes
	}
	return v
}
