package outbound

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// A suspension is what a 410 leaves behind, kept in the note of its lane. The
// fingerprint of the webhook is in it only as a salted hash.
type suspension struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	Salt   []byte    `json:"salt"`
	Hash   []byte    `json:"hash"`
}

func newSuspension(reason, fingerprint string, now time.Time) *suspension {
	s := &suspension{Reason: reason, Since: now.UTC(), Salt: make([]byte, 16)}
	_, _ = rand.Read(s.Salt) // never fails
	s.Hash = s.hash(fingerprint)
	return s
}

func (s *suspension) hash(fingerprint string) []byte {
	h := sha256.New()
	h.Write(s.Salt)
	h.Write([]byte(fingerprint))
	return h.Sum(nil)
}

// of tells whether it was this webhook that was suspended, as it is now.
func (s *suspension) of(fingerprint string) bool {
	return subtle.ConstantTimeCompare(s.Hash, s.hash(fingerprint)) == 1
}

// suspend stops a webhook that wants nothing any more. One that was changed
// while the attempt ran has not said so.
func (l *Lanes) suspend(ctx context.Context, w *Webhook, reason string) {
	l.order.Lock()
	defer l.order.Unlock()
	now := l.current.Load().plan.Webhooks[w.Name]
	if now != nil && now.Fingerprint != w.Fingerprint || l.suspension(w.Name) != nil {
		return
	}
	s := newSuspension(reason, w.Fingerprint, time.Now())
	l.mu.Lock()
	l.suspended[w.Name] = s
	l.mu.Unlock()
	l.log.Warn("webhook suspended: it goes on after `postern resume`, or when its configuration changes",
		zap.String("webhook", w.Name), zap.String("reason", reason))
	note, err := json.Marshal(s)
	if err == nil {
		err = l.line.Note(ctx, w.Name, note)
	}
	if err != nil {
		l.log.Warn("a suspension could not be written down: a restart would forget it", zap.String("webhook", w.Name), zap.Error(err))
	}
	l.restand()
}

// Resume ends a suspension. It is not an error if there is none.
func (l *Lanes) Resume(ctx context.Context, webhook string) error {
	l.order.Lock()
	defer l.order.Unlock()
	if l.suspension(webhook) == nil {
		return nil
	}
	if err := l.line.Note(ctx, webhook, nil); err != nil {
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
		if err := l.line.Note(context.Background(), name, nil); err != nil {
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

func (l *Lanes) suspension(webhook string) *suspension {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.suspended[webhook]
}
