package agent_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
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

// beAgent runs an agent until it is killed or told to end, and says on standard output where
// it is.
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
		Ready: func(a agent.Addresses) { _ = json.NewEncoder(os.Stdout).Encode(a) },
	})
	logs.Close()
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// A child is an agent in a process of its own.
type child struct {
	*exec.Cmd
	now atomic.Pointer[os.Process]
}

// start runs it, and returns once its doors are open, or it has ended.
func (c *child) start(t *testing.T, w *world) (ready bool) {
	t.Helper()
	c.Cmd = exec.Command(os.Args[0])
	c.Env = append(os.Environ(), asAgent+"="+w.conf)
	c.Stderr = &w.log
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.now.Store(c.Process)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	return err == nil && json.Unmarshal(line, &w.where) == nil
}

func (c *child) kill() { _ = c.now.Load().Kill() }

// An event whose attempts end the process is parked after the third time, and
// nothing else is lost or parked with it.
func TestAnEventThatEndsTheProcessIsParked(t *testing.T) {
	var c child
	var poisoned atomic.Int64
	w := newWorld(t, func(_ http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Webhook-Event") == "poison" {
			poisoned.Add(1)
			c.kill() // in the middle of the attempt, as a crash would
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
	if !c.start(t, w) {
		t.Fatalf("no agent\n%s", w.log.String())
	}
	t.Cleanup(func() { c.kill(); _ = c.Wait() })
	if status := w.post(`[{"id": "bad", "type": "poison", "data": {}}, {"id": "good", "type": "contact", "data": {}}]`); status != http.StatusAccepted {
		t.Fatalf("posted: %d", status)
	}
	for died := 1; died <= 3; died++ {
		_ = c.Wait() // it was killed
		if n := poisoned.Load(); n != int64(died) {
			t.Fatalf("%d attempts of the poison after %d ends", n, died)
		}
		c.start(t, w) // which may be killed again before it is ready
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
