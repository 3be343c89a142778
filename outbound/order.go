package outbound

import (
	"context"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/queue"
)

// OrderKey is what deliveries of an event have in common with those that they go
// after or before, as text; empty: they are in no order. Null and empty values
// are none, and a list or an object is an error.
func (w *Webhook) OrderKey(s *expr.Scope) (string, error) {
	if w.OrderBy == nil {
		return "", nil
	}
	text, _, err := w.OrderBy.Text(s)
	return text, err
}

// HoldsOrder tells whether what follows a failed delivery waits for its replay.
func (w *Webhook) HoldsOrder() bool { return w.OrderBy != nil && w.OrderHold }

// inOrder adds to an outcome what it means for those that follow: by the plan in
// force, or that of the attempt if the webhook is gone.
func (l *Lanes) inOrder(w *Webhook, o *queue.Outcome) {
	if o.State != event.Failed {
		return
	}
	if now := l.current.Load().plan.Webhooks[w.Name]; now != nil {
		w = now
	}
	o.Hold = w.HoldsOrder()
}

// letGoLate ends a hold that was written while a plan came into force which wants
// none.
func (l *Lanes) letGoLate(ctx context.Context, o *queue.Outcome, lane string) {
	if now := l.current.Load().plan.Webhooks[lane]; o.Hold && now != nil && !now.HoldsOrder() {
		l.letGo(ctx, lane)
	}
}

// letGoAll ends the holds of webhooks that want none, and may have wanted some.
func (l *Lanes) letGoAll(old, now *Draft) {
	for name, w := range now.plan.Webhooks {
		if w.HoldsOrder() {
			continue
		}
		if old != nil {
			if was := old.plan.Webhooks[name]; was != nil && !was.HoldsOrder() {
				continue
			}
		}
		l.letGo(context.Background(), name)
	}
}

func (l *Lanes) letGo(ctx context.Context, lane string) {
	ended, err := l.line.LetGo(ctx, lane)
	if err != nil {
		l.log.Warn("what failed deliveries hold could not be let go: it waits for their replay, or the next reload",
			zap.String("webhook", lane), zap.Error(err))
	}
	if ended > 0 {
		l.log.Info("failed deliveries hold nothing any more", zap.String("webhook", lane), zap.Int64("deliveries", ended))
		l.Wake(lane)
	}
}
