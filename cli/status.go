package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
)

type statusVerb struct {
	output
	consoleFlags
}

// overview is the answer of status as JSON: the API's status, and its webhooks
// beside it.
type overview struct {
	console.Status
	Webhooks []console.Webhook `json:"webhooks"`
}

func (v *statusVerb) Run(s *session) error {
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	st, err := a.Status(s.ctx)
	if err != nil {
		return a.explain(err)
	}
	hooks := []console.Webhook{}
	if st.Queue.Trouble == nil {
		if hooks, err = a.Webhooks(s.ctx); err != nil {
			return a.explain(err)
		}
	}
	return v.print(s, overview{st, hooks}, func() {
		now := time.Now()
		s.printStatus(st, now)
		if st.Queue.Trouble == nil {
			s.printWebhooks(hooks, now)
		}
	})
}

func (s *session) printStatus(st console.Status, now time.Time) {
	t := newTable(s.out)
	t.row("agent", fmt.Sprintf("postern %s, %s, started %s", st.Version, st.State, ago(st.Started, now)))
	for i, address := range st.Events {
		name := ""
		if i == 0 {
			name = "events"
		}
		t.row(name, address)
	}
	t.row("config", fmt.Sprintf("%s, generation %d, loaded %s", st.Config.Path, st.Config.Generation, ago(st.Config.Loaded, now)))
	if why := st.Config.Refused(); why != nil {
		instead := "the one before stays in force"
		if st.Config.LastGood {
			instead = "started with the last good one"
		}
		t.row("", "what is on disk is rejected; "+instead+" (see postern validate)")
		t.row("", why.String())
	}
	q := st.Queue
	t.row("queue", fmt.Sprintf("%s of %s", size(q.Bytes), size(q.MaxBytes)))
	if q.Trouble != nil {
		t.row("", fmt.Sprintf("the storage failed %s: %s", ago(q.Trouble.Since, now), inert.Text(q.Trouble.Cause)))
		t.row("", "no events are accepted and none goes out until it is back")
	}
	if q.FreeBytes >= 0 {
		t.row("disk", size(q.FreeBytes)+" free")
	}
	if q.Corrupt > 0 {
		t.row("", strconv.FormatInt(q.Corrupt, 10)+" unreadable records, set aside")
	}
	if q.Aside > 0 {
		t.row("", strconv.FormatInt(q.Aside, 10)+" damaged, set aside under quarantine in the data directory (see postern doctor)")
	}
	for _, d := range q.Discarded {
		t.row("", fmt.Sprintf("%d %s deliveries of %s were discarded to make room", d.Count, d.State, d.Webhook))
	}
	t.flush()
}

// shownStates are the columns of a webhook, in the order in which they matter.
var shownStates = []event.State{event.Pending, event.Held, event.Orphaned, event.Failed, event.Delivered, event.Skipped}

func (s *session) printWebhooks(hooks []console.Webhook, now time.Time) {
	if len(hooks) == 0 {
		fmt.Fprintln(s.out, "\nno webhooks")
		return
	}
	fmt.Fprintln(s.out)
	t := newTable(s.out, "WEBHOOK", "STATE", "PENDING", "HELD", "ORPHANED", "FAILED", "DELIVERED", "SKIPPED", "OLDEST")
	for _, h := range hooks {
		row := []string{h.Name, h.State}
		for _, state := range shownStates {
			row = append(row, strconv.FormatInt(h.Counts[string(state)], 10))
		}
		t.row(append(row, agoOf(h.Oldest, now))...)
	}
	t.flush()
	for _, h := range hooks {
		name, since, reason := inert.Text(h.Name), agoOf(h.Since, now), inert.Text(h.Reason)
		switch h.State {
		case "suspended":
			fmt.Fprintf(s.out, "%s was suspended %s: %s; postern resume %s ends that\n", name, since, reason, name)
		case "circuit_open":
			fmt.Fprintf(s.out, "the circuit of %s opened %s: %s; %s\n", name, since, reason, nextProbe(h, now))
		}
		if h.Holding > 0 {
			fmt.Fprintf(s.out, "what follows in its order waits for the replay of %d failed deliveries of %s: postern deliveries --webhook %s --state failed\n", h.Holding, name, name)
		}
	}
}

// nextProbe says when an open circuit lets an attempt through.
func nextProbe(h console.Webhook, now time.Time) string {
	if h.NextProbe == nil {
		return "a probe is under way"
	}
	if left := h.NextProbe.Sub(now).Round(time.Second); left > 0 {
		return "the next probe is due in " + left.String()
	}
	return "the next delivery that is due is the probe"
}

// size is a number of bytes for people.
func size(n int64) string { return humanize.IBytes(uint64(max(0, n))) }
