package agent

import (
	"sync"

	"go.uber.org/zap"
)

// unrouted remembers the types of which it was said that nobody subscribes to
// them: a typo in the app must show, once.
type unrouted struct {
	mu   sync.Mutex
	said map[string]bool
}

// maxUnrouted bounds the memory; further types are counted and not named.
const maxUnrouted = 100

func (u *unrouted) warn(log *zap.Logger, typ string) {
	u.mu.Lock()
	known := u.said[typ]
	full := len(u.said) >= maxUnrouted
	if !known && !full {
		if u.said == nil {
			u.said = make(map[string]bool)
		}
		u.said[typ] = true
	}
	u.mu.Unlock()
	if !known && !full {
		log.Warn("no webhook subscribes to this event type; its events are accepted and go nowhere", zap.String("type", typ))
	}
}

// forget starts anew, after a reload.
func (u *unrouted) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	clear(u.said)
}
