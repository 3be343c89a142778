package agent_test

import (
	"testing"
	"time"
)

// The long one, with the program itself, is `make reloads`.
func TestReloadsUnderLoadLoseNothing(t *testing.T) {
	s := newSiege(t, "info")
	s.pace, s.unasked = 2*time.Millisecond, 6
	s.start()
	s.hangUp = func() { s.reload <- struct{}{} }
	s.underLoad(3, func() {
		for range 30 {
			s.step()
		}
	})
	s.finish()
	s.nothingLost()
	s.halt()
}
