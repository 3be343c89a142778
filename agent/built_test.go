//go:build crash || power

package agent_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// built is the command line of the program itself, over a world.
func built(t *testing.T, w *world) []string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "postern")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return []string{binary, "run", "--config", w.conf}
}
