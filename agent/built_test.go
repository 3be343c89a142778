//go:build crash || power || restarts || backlog

package agent_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// built is the path of the program itself, as it is shipped: without cgo the storage
// has its memory from Go, too.
func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "postern")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// runs is the command line of the program over a world.
func runs(binary string, w *world) []string { return []string{binary, "run", "--config", w.conf} }
