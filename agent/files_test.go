package agent_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// fewFiles is how many files the test binary may have open as an agent.
const fewFiles = "POSTERN_TEST_FILES"

// limitFiles holds this process to that.
func limitFiles() error {
	most, err := strconv.ParseUint(os.Getenv(fewFiles), 10, 32)
	if err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: most, Max: most})
}

// More receivers hang than this process may have files for: attempts have a part of
// the files and no more, so that the line and the doors never lack one; events are
// taken, and when the receivers answer, all of them arrive.
func TestMoreReceiversThanFiles(t *testing.T) {
	const hooks, events, files = 300, 20, "256"
	release := make(chan struct{})
	var mu sync.Mutex
	arrived := map[string]bool{} // by event and webhook
	w := newWorld(t, func(_ http.ResponseWriter, q *http.Request) {
		select {
		case <-release:
			mu.Lock()
			defer mu.Unlock()
			arrived[q.Header.Get("Webhook-Id")+q.URL.Path] = true
		case <-q.Context().Done():
		}
	})
	w.write("agent.hcl", strings.Replace(fmt.Sprintf(base, w.dir), "egress {", "egress {\n  max_in_flight = 1000", 1))
	var text strings.Builder
	for i := range hooks {
		fmt.Fprintf(&text, "webhook \"hook%d\" {\n  url = \"$URL/%[1]d\"\n  events = [\"*\"]\n  retry { schedule = [\"1s\"] }\n}\n", i)
	}
	w.write("hooks.hcl", text.String())
	t.Setenv(fewFiles, files)
	w.mustEnter(startLife(t, w, nil, nil))
	for i := range events {
		if status := w.post(fmt.Sprintf(`{"id": "e%d", "type": "t", "data": {}}`, i)); status != http.StatusAccepted {
			t.Fatalf("posted: %d", status)
		}
	}
	w.until("a receiver that hangs", func() bool { return len(w.hook.got) >= 64 })
	close(release)
	w.until("all that was taken", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(arrived) == hooks*events
	})
	if log := w.log.String(); strings.Contains(log, "too many open files") || !strings.Contains(log, "fewer attempts at once than egress.max_in_flight asks for") {
		t.Errorf("logged:\n%s", log)
	}
}
