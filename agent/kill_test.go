package agent_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The long one, with the program itself, is `make crash`.
func TestKillsLoseNothing(t *testing.T) {
	o := newOrdeal(t, t.TempDir())
	o.killed(5)
}

// killed kills lives at random moments under load, now and then before they are
// ready, and lets the last one finish.
func (o *ordeal) killed(kills int) {
	o.t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(kills)))
	o.begin()
	o.live()
	end := o.load(3, 10*time.Millisecond)
	for range kills {
		if rng.IntN(8) > 0 {
			o.live()
		}
		o.lasts(time.Duration(rng.IntN(200)) * time.Millisecond)
		o.die()
		o.begin()
	}
	o.live()
	end()
	o.finish()
}

// The control: of an agent that finds its data directory empty, the ordeal has to
// say that it lost what it had accepted.
func TestAnOrdealSeesWhatIsLost(t *testing.T) {
	seen := &complaints{TB: t}
	o := newOrdeal(seen, t.TempDir())
	o.begin()
	o.live()
	end := o.load(1, time.Millisecond)
	o.until("an event to be accepted", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.accepted) > 0
	})
	o.die()
	if err := os.RemoveAll(filepath.Join(o.dir, "data")); err != nil {
		t.Fatal(err)
	}
	o.begin()
	o.live()
	end()
	o.remembers()
	if len(seen.all) == 0 {
		t.Error("nobody misses what was accepted")
	}
}

// Complaints are what a test would say.
type complaints struct {
	testing.TB
	mu  sync.Mutex
	all []string
}

func (c *complaints) Errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, fmt.Sprintf(format, args...))
}
