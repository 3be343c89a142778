//go:build reloads || soak

package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// owner is the process that has the data directory.
func (w *world) owner() int {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "data", "lock"))
	if err != nil {
		w.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		w.t.Fatal(err)
	}
	return pid
}

// needs are what a process takes from its machine while nothing happens.
type needs struct {
	started, goroutines, files, memory float64
}

func (n needs) String() string {
	return fmt.Sprintf("%.0f goroutines, %.0f files, %.1f MiB", n.goroutines, n.files, n.memory/(1<<20))
}

func (l *life) needs() needs {
	l.t.Helper()
	value := func(name string) float64 {
		v, ok := l.Metric(name)
		if !ok {
			l.t.Fatalf("no metric %s", name)
		}
		return v
	}
	return needs{
		started: value("process_start_time_seconds"), goroutines: value("go_goroutines"),
		files: value("process_open_fds"), memory: value("process_resident_memory_bytes"),
	}
}
