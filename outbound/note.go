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

	"github.com/posternhq/postern/queue"
)

// A mark says what befell a webhook, and when. The webhook's fingerprint is in
// it only as a salted hash.
type mark struct {
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	Salt   []byte    `json:"salt,omitempty"`
	Hash   []byte    `json:"hash,omitempty"`
}

func newMark(reason, fingerprint string, since time.Time) *mark {
	m := &mark{Reason: reason, Since: since.UTC(), Salt: make([]byte, 16)}
	_, _ = rand.Read(m.Salt) // never fails
	m.Hash = m.hash(fingerprint)
	return m
}

func (m *mark) hash(fingerprint string) []byte {
	h := sha256.New()
	h.Write(m.Salt)
	h.Write([]byte(fingerprint))
	return h.Sum(nil)
}

// of tells whether it befell this webhook, as it is now.
func (m *mark) of(fingerprint string) bool {
	return subtle.ConstantTimeCompare(m.Hash, m.hash(fingerprint)) == 1
}

// A note is what the line keeps with a lane for us: the mark of a suspension,
// and beside it that of an open circuit.
type note struct {
	mark
	Circuit *mark `json:"circuit,omitempty"`
}

// keep writes a lane's note: that it is suspended, or nil, and how its circuit
// stands. The caller holds order.
func (l *Lanes) keep(ctx context.Context, lane string, suspended *mark) error {
	open := l.circuitMark(lane)
	var raw []byte
	if suspended != nil || open != nil {
		n := note{Circuit: open}
		if suspended != nil {
			n.mark = *suspended
		}
		var err error
		if raw, err = json.Marshal(n); err != nil {
			return fmt.Errorf("the note of %s: %w", lane, err)
		}
	}
	if err := l.line.Note(ctx, lane, raw); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lane(lane).noted = open
	return nil
}

// recall takes in what the line kept with a lane. The caller holds mu.
func (l *Lanes) recall(k queue.Lane) {
	if len(k.Note) == 0 {
		return
	}
	var n note
	if err := json.Unmarshal(k.Note, &n); err != nil || len(n.Hash) == 0 && n.Circuit == nil {
		l.log.Warn("a lane's note is not readable, so its webhook counts as active", zap.String("webhook", k.Name))
		return
	}
	if len(n.Hash) > 0 {
		l.suspended[k.Name] = &n.mark
	}
	l.lane(k.Name).noted = n.Circuit
}
