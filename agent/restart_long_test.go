//go:build restarts

package agent_test

import (
	"flag"
	"testing"
)

var restarts = flag.Int("restarts", 100, "how often the program is stopped and started")

// TestTheProgramUnderRestarts is run by `make restarts`: the program itself, stopped
// and started again and again while events come in.
func TestTheProgramUnderRestarts(t *testing.T) {
	o := newOrdeal(t, t.TempDir())
	o.command = runs(built(t), o.world)
	o.restarted(*restarts)
	o.now.Stop()
}
