//go:build crash || power || restarts || backlog

package agent_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// built is the path of the program itself.
func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "postern")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// runs is the command line of the program over a world.
func runs(binary string, w *world) []string { return []string{binary, "run", "--config", w.conf} }
