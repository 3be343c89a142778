package agent_test

import (
	"math/rand/v2"
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
		select {
		case <-time.After(time.Duration(rng.IntN(200)) * time.Millisecond):
		case <-o.now.ended:
			o.t.Fatalf("life %d ended by itself\n%s", o.kills, o.log.String())
		}
		o.die()
		o.begin()
	}
	o.live()
	end()
	o.finish()
}
