package agent_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/logline"
)

// asAgent makes the test binary an agent: its value is the configuration.
const asAgent = "POSTERN_TEST_AGENT"

// beAgent runs an agent until it is killed or told to end.
func beAgent(config string) int {
	if os.Getenv(fewFiles) != "" {
		if err := limitFiles(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	logs := logline.New(logline.Options{Out: os.Stderr})
	go logs.Run(context.Background())
	err := agent.Run(ctx, agent.Options{
		Config: config, Version: "test", Logs: logs,
	})
	logs.Close()
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// An event whose attempts end the process is parked after the third time, and
// nothing else is lost or parked with it.
func TestAnEventThatEndsTheProcessIsParked(t *testing.T) {
	var now atomic.Pointer[life]
	var poisoned atomic.Int64
	w := newWorld(t, func(_ http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Webhook-Event") == "poison" {
			poisoned.Add(1)
			now.Load().Kill() // in the middle of the attempt, as a crash would
			<-q.Context().Done()
		}
	})
	w.write("crm.hcl", `
webhook "crm" {
  url    = "$URL/crm"
  events = ["*"]
}
webhook "erp" {
  url    = "$URL/erp"
  events = ["contact"]
}
`)
	begin := func() bool {
		now.Store(startLife(t, w, nil, nil))
		return w.enter(now.Load())
	}
	if !begin() {
		t.Fatalf("no agent\n%s", w.log.String())
	}
	if status := w.post(`[{"id": "bad", "type": "poison", "data": {}}, {"id": "good", "type": "contact", "data": {}}]`); status != http.StatusAccepted {
		t.Fatalf("posted: %d", status)
	}
	for died := 1; died <= 3; died++ {
		<-now.Load().Ended // it was killed
		if n := poisoned.Load(); n != int64(died) {
			t.Fatalf("%d attempts of the poison after %d ends", n, died)
		}
		begin() // which may be killed again before it is ready
	}
	w.until("all ends", func() bool {
		var list struct{ Deliveries []console.Delivery }
		status, _ := w.ask("GET", "/api/v1/deliveries", "", &list)
		states := map[string]string{}
		for _, d := range list.Deliveries {
			states[d.EventID+" "+d.Webhook] = string(d.State)
			if d.Class != nil {
				states[d.EventID+" "+d.Webhook] += " " + string(*d.Class)
			}
		}
		return status == http.StatusOK && states["bad crm"] == "failed crash" && states["good crm"] == "delivered ok" && states["good erp"] == "delivered ok"
	})
	if n := poisoned.Load(); n != 3 {
		t.Errorf("the poison was sent %d times", n)
	}
	if !strings.Contains(w.log.String(), "ended while attempts were under way") {
		t.Error("the log does not say that the agent ended in its attempts")
	}
	// The rest flows.
	if status := w.post(`{"id": "next", "type": "contact", "data": {}}`); status != http.StatusAccepted {
		t.Errorf("posted: %d", status)
	}
	for seen := false; !seen; {
		seen = w.hook.next(t).header.Get("Webhook-Id") == "next"
	}
}
