//go:build crash || power || restarts || backlog || reloads || soak

package agent_test

import (
	"path/filepath"
	"testing"

	"github.com/posternhq/postern/internal/process"
)

// built is the path of the program itself.
func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "postern")
	if err := process.Build(binary, ".."); err != nil {
		t.Fatal(err)
	}
	return binary
}

// runs is the command line of the program over a world.
func runs(binary string, w *world) []string { return []string{binary, "run", "--config", w.conf} }
