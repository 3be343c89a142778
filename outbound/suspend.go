package outbound

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// suspend stops a webhook that wants nothing any more. One that was changed
// while the attempt ran has not said so.
func (l *Lanes) suspend(ctx context.Context, w *Webhook, reason string) {
	l.order.Lock()
	defer l.order.Unlock()
	now := l.current.Load().plan.Webhooks[w.Name]
	if now != nil && now.Fingerprint != w.Fingerprint || l.suspension(w.Name) != nil {
		return
	}
	s := newMark(reason, w.Fingerprint, time.Now())
	l.mu.Lock()
	l.suspended[w.Name] = s
	l.mu.Unlock()
	l.log.Warn("webhook suspended: it goes on after `postern resume`, or when its configuration changes",
		zap.String("webhook", w.Name), zap.String("reason", reason))
	if err := l.keep(ctx, w.Name, s); err != nil {
		l.log.Warn("a suspension could not be written down: a restart would forget it", zap.String("webhook", w.Name), zap.Error(err))
	}
	l.restand()
}

// Resume ends a suspension, and makes the next probe of an open circuit due. It
// is not an error if there is neither.
func (l *Lanes) Resume(ctx context.Context, webhook string) error {
	l.order.Lock()
	defer l.order.Unlock()
	l.probeNow(webhook)
	if l.suspension(webhook) == nil {
		return nil
	}
	if err := l.keep(ctx, webhook, nil); err != nil {
		return fmt.Errorf("resume %s: %w", webhook, err)
	}
	l.forgive(webhook)
	l.restand()
	return nil
}

// lift ends the suspensions of webhooks that are not what they were. The caller
// holds order.
func (l *Lanes) lift(p *Plan) {
	for name, w := range p.Webhooks {
		s := l.suspension(name)
		if s == nil || s.of(w.Fingerprint) {
			continue
		}
		l.forgive(name)
		l.log.Info("suspension lifted: the webhook was changed", zap.String("webhook", name))
		if err := l.keep(context.Background(), name, nil); err != nil {
			// Nothing is lost: after a restart the note is compared again.
			l.log.Warn("the end of a suspension could not be written down", zap.String("webhook", name), zap.Error(err))
		}
	}
}

func (l *Lanes) forgive(webhook string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.suspended, webhook)
}

func (l *Lanes) suspension(webhook string) *mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.suspended[webhook]
}
