package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/outbound"
)

// A demoApp is the campaign app of the demo: it posts events, and tells what
// becomes of them.
type demoApp struct {
	verb *demoVerb
	out  io.Writer
	at   agent.Addresses
	door eventDoor

	posted     int
	deliveries int
	attempts   int
	unheard    bool // nobody reads what it says any more

	// What each event owes that has not ended. A report can come before the
	// door's answer does, so a number may be below zero for a moment.
	owed map[string]int
}

func newDemoApp(v *demoVerb, out io.Writer, at agent.Addresses) *demoApp {
	a := &demoApp{verb: v, out: out, at: at, owed: make(map[string]int)}
	a.door.at("http", at.Events[0])
	a.door.url += "/v1/events"
	return a
}

func (a *demoApp) greet(path string) {
	a.say(`One process is the agent, a receiver over TLS with three webhooks, and an app that posts an event every %s.
Events go through the agent's door and its line on disk; the receiver checks signatures, and %q fails at first.
Ctrl-C ends it and leaves nothing behind.

Overview: %s
Events:   http://%s/v1/events
Config:   %s

`, a.verb.Every, "chat", a.at.ConsoleURL(), a.at.Events[0], path)
}

// run posts one event after the other and prints a line for each attempt, until ctx
// ends, all events that were asked for have ended, or nobody reads on.
func (a *demoApp) run(ctx context.Context, reports <-chan outbound.Report) error {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-next.C:
			if err := a.post(ctx); err != nil && ctx.Err() == nil {
				return err
			}
			if !a.allPosted() {
				next.Reset(a.verb.Every)
			}
		case r := <-reports:
			a.tell(r, time.Now())
		case <-ctx.Done():
			a.sum()
			return nil
		}
		switch {
		case a.unheard:
			return nil
		case a.allPosted() && len(a.owed) == 0:
			a.sum()
			return nil
		}
	}
}

func (a *demoApp) say(format string, args ...any) {
	if _, err := fmt.Fprintf(a.out, format, args...); err != nil {
		a.unheard = true
	}
}

func (a *demoApp) post(ctx context.Context) error {
	e := demoEvents[a.posted%len(demoEvents)]
	got, err := a.door.post(ctx, envelope(e.typ, "", []byte(fmt.Sprintf(e.data, 4711+a.posted))))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	a.posted++
	a.deliveries += got.Deliveries
	a.owe(got.ID, got.Deliveries)
	return nil
}

func (a *demoApp) owe(id string, n int) {
	if a.owed[id] += n; a.owed[id] == 0 {
		delete(a.owed, id)
	}
}

func (a *demoApp) allPosted() bool { return a.verb.Events > 0 && a.posted == a.verb.Events }

// tell prints one attempt on one line.
func (a *demoApp) tell(r outbound.Report, now time.Time) {
	a.attempts++
	if r.State != event.Pending {
		a.owe(r.EventID, -1)
	}
	a.say("%s  %-18s  -> %-10s  %s\n", now.Format("15:04:05"), inert.Text(r.Type), inert.Text(r.Webhook), outcome(r, now))
}

// outcome says how an attempt ended: "delivered (status 200, 4.2ms)", "retry in
// 2s (status 500)".
func outcome(r outbound.Report, now time.Time) string {
	why := string(r.Class)
	if r.Status != 0 {
		why = "status " + strconv.Itoa(r.Status)
	}
	switch r.State {
	case event.Delivered:
		return fmt.Sprintf("delivered (%s, %s)", why, r.Duration.Round(100*time.Microsecond))
	case event.Pending:
		return fmt.Sprintf("retry in %s (%s)", max(0, r.Next.Sub(now)).Round(time.Second), why)
	default:
		return fmt.Sprintf("%s (%s)", r.State, why)
	}
}

func (a *demoApp) sum() {
	a.say("\n%s, %s, %s.\n", count(a.posted, "event"), deliveries(a.deliveries), count(a.attempts, "attempt"))
}

// demoEvents are what happens in the demo's campaign, over and over. The number
// is the contact's.
var demoEvents = []struct{ typ, data string }{
	{"contact.subscribed", `{"contact": {"id": %d, "email": "ada@example.com", "name": "Ada", "country": "DE"}, "list": "summer", "campaign": {"id": 12, "name": "Summer Promotion"}}`},
	{"prize.won", `{"contact": {"id": %d, "email": "grace@example.com", "name": "Grace", "country": "US"}, "prize": {"name": "Beach towel", "value": "19.90"}, "campaign": {"id": 12, "name": "Summer Promotion"}}`},
	{"contact.subscribed", `{"contact": {"id": %d, "email": "alan@example.com", "name": "Alan", "country": "GB"}, "list": "summer", "campaign": {"id": 12, "name": "Summer Promotion"}}`},
	{"campaign.finished", `{"campaign": {"id": 12, "name": "Summer Promotion", "contacts": %d}}`},
}
