//go:build crash

package agent_test

import (
	"flag"
	"testing"
)

var crashes = flag.Int("crashes", 1000, "how often the program is killed")

// TestTheProgramUnderKills is run by `make crash`: the program itself, killed at
// random moments while events come in.
func TestTheProgramUnderKills(t *testing.T) {
	o := newOrdeal(t, t.TempDir())
	o.command = runs(built(t), o.world)
	o.killed(*crashes)
	o.now.Stop()
}
