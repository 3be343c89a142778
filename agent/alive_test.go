package agent

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAnAgentIsAliveUnlessALoopIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := new(Agent)
		go a.pulse.Run(t.Context())
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if err := a.Alive(); err != nil {
			t.Errorf("idle: %v", err)
		}
		turn := a.pulse.Turn("sweep the line", longestSweep)
		time.Sleep(longestSweep + time.Minute)
		synctest.Wait()
		if err := a.Alive(); err == nil || err.Error() != "stuck for 11m0s: sweep the line" {
			t.Errorf("stuck: %v", err)
		}
		turn.End()
		if err := a.Alive(); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
