package underway

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var start = time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)

func open(t *testing.T, path string, now time.Time) *Jobs {
	t.Helper()
	j, err := Open(path, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func begin(t *testing.T, j *Jobs, id string) Job {
	t.Helper()
	job, err := j.Begin(id)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func end(t *testing.T, job Job) {
	t.Helper()
	if err := job.End(); err != nil {
		t.Fatal(err)
	}
}

func (j *Jobs) want(t *testing.T, found int, crashes map[string]int) {
	t.Helper()
	if j.Found() != found {
		t.Errorf("%d jobs were found under way, want %d", j.Found(), found)
	}
	for id, n := range crashes {
		if got := j.Crashes(id); got != n {
			t.Errorf("%s has %d crashes, want %d", id, got, n)
		}
	}
}

func TestWhatWasUnderWayIsCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attempts")
	j := open(t, path, start)
	j.want(t, 0, map[string]int{"poison": 0})
	begin(t, j, "poison")
	begin(t, j, "beside")
	end(t, begin(t, j, "well"))
	// The process ends here: nothing is closed.
	j = open(t, path, start)
	j.want(t, 2, map[string]int{"poison": 1, "beside": 1, "well": 0})
	end(t, begin(t, j, "beside"))
	begin(t, j, "poison")
	begin(t, j, "new")
	j = open(t, path, start)
	j.want(t, 2, map[string]int{"poison": 2, "beside": 0, "new": 1})
	j = open(t, path, start) // which began nothing
	j.want(t, 0, map[string]int{"poison": 2, "new": 1})
	begin(t, j, "poison")
	j = open(t, path, start)
	j.want(t, 1, map[string]int{"poison": 3, "new": 1})
	if err := j.Forget("poison"); err != nil {
		t.Fatal(err)
	}
	j.want(t, 1, map[string]int{"poison": 0, "new": 1})
	j = open(t, path, start)
	j.want(t, 0, map[string]int{"poison": 0, "new": 1})
}

func TestCrashesAreForgottenAfterThirtyDays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attempts")
	begin(t, open(t, path, start), "old")
	open(t, path, start).want(t, 1, map[string]int{"old": 1})
	open(t, path, start.Add(memory)).want(t, 0, map[string]int{"old": 1})
	open(t, path, start.Add(memory+time.Second)).want(t, 0, map[string]int{"old": 0})
}

func TestTheRecordStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attempts")
	j := open(t, path, start)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 200 {
				job, err := j.Begin(fmt.Sprintf("dlv_%d_%d", i, k))
				if err == nil {
					err = job.End()
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	info, err := os.Stat(path)
	if err != nil || info.Size() > 9*recordSize || info.Mode() != 0o600 {
		t.Errorf("%d bytes, mode %s: %v", info.Size(), info.Mode(), err)
	}
	open(t, path, start).want(t, 0, nil)
}

func TestWhatCannotBeOnRecord(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "attempts"), start)
	for _, id := range []string{"", strings.Repeat("x", longestID+1)} {
		if job, err := j.Begin(id); err == nil || job.End() != nil {
			t.Errorf("an id of %d bytes: %v", len(id), err)
		}
	}
	end(t, begin(t, j, strings.Repeat("x", longestID)))
	j.slots = mostIDs + 1
	begin(t, j, "the vacant place")
	if job, err := j.Begin("one more"); err == nil || job.End() != nil {
		t.Errorf("a full record: %v", err)
	}
	var none *Jobs
	if job, err := none.Begin("x"); err != nil || job.End() != nil || none.Crashes("x") != 0 || none.Found() != 0 || none.Close() != nil {
		t.Errorf("without a record: %v", err)
	}
}

func TestDamageIsNotBelieved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "attempts")
	j := open(t, path, start)
	for i := range 4 {
		begin(t, j, fmt.Sprint("job", i))
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := recordSize; at < 2*recordSize; at++ {
		torn := append([]byte(nil), whole...)
		torn[at] ^= 0x41
		write(t, path, torn)
		open(t, path, start).want(t, 3, map[string]int{"job0": 0, "job1": 1, "job3": 1})
	}
	for size := range len(whole) {
		write(t, path, whole[:size])
		j := open(t, path, start)
		if most := max(size/recordSize-1, 0); j.Found() != most {
			t.Fatalf("of %d bytes %d jobs were found, want %d", size, j.Found(), most)
		}
	}
	write(t, path, []byte("postern-attempts 2\nfrom the future"))
	open(t, path, start).want(t, 0, nil)
	if raw, err := os.ReadFile(path + ".unreadable"); err != nil || !strings.Contains(string(raw), "future") {
		t.Errorf("set aside: %q, %v", raw, err)
	}
}

func write(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestADirectoryThatCannotBeUsed(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "missing", "attempts"), start); err == nil {
		t.Error("opened in a directory that is not there")
	}
	if _, err := Open(t.TempDir(), start); err == nil {
		t.Error("opened a directory")
	}
}

func BenchmarkBeginAndEnd(b *testing.B) {
	j, err := Open(filepath.Join(b.TempDir(), "attempts"), start)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	for b.Loop() {
		job, err := j.Begin("dlv_38gqj2ckr00000000020")
		if err != nil {
			b.Fatal(err)
		}
		if err := job.End(); err != nil {
			b.Fatal(err)
		}
	}
}
