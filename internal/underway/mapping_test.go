//go:build linux || darwin || freebsd

package underway

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// The file is cut off under the memory, as a disk would that can't give a page.
func TestAPageThatIsGoneIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attempts")
	j, err := open(path, start, func(f *os.File, most int) records {
		m, err := mapped(f, most)
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	before := begin(t, j, "before")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	job, err := j.Begin("beside")
	if !errors.Is(err, errFault) {
		t.Errorf("begun: %v", err)
	}
	for _, job := range []Job{before, job} {
		if err := job.End(); !errors.Is(err, errFault) {
			t.Errorf("ended: %v", err)
		}
	}
	if err := os.Truncate(path, step*recordSize); err != nil {
		t.Fatal(err)
	}
	end(t, begin(t, j, "after"))
}
