package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
)

type deliveriesShowVerb struct {
	output
	ID string `arg:"" help:"Id of the delivery."`
	consoleFlags
}

func (v *deliveriesShowVerb) Run(s *session) error {
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	d, err := a.Delivery(s.ctx, v.ID)
	if err != nil {
		return a.explain(err)
	}
	return v.print(s, d, func() { s.printDelivery(d, time.Now()) })
}

func (s *session) printDelivery(d console.Delivery, now time.Time) {
	t := newTable(s.out)
	t.row("delivery", d.ID)
	t.row("event", d.EventID+" ("+d.Type+")")
	t.row("webhook", d.Webhook)
	t.row("state", string(d.State))
	t.row("class", classOf(d))
	t.row("accepted", d.CreatedAt.UTC().Format(time.RFC3339)+" ("+ago(d.CreatedAt, now)+")")
	if d.NextAttemptAt != nil {
		t.row("next attempt", d.NextAttemptAt.UTC().Format(time.RFC3339)+" ("+ago(*d.NextAttemptAt, now)+")")
	}
	if w := d.WaitsFor; w != nil {
		t.row("next attempt", nextOf(d, now)+", which has the same order_by")
	}
	if d.Holds {
		t.row("holds", "what follows with the same order_by, until this is replayed")
	}
	t.flush()
	if len(d.Attempts) == 0 {
		fmt.Fprintln(s.out, "\nno attempts yet")
		return
	}
	fmt.Fprintln(s.out)
	t = newTable(s.out, "ATTEMPT", "AT", "TOOK", "STATUS", "CLASS", "ERROR")
	for _, at := range d.Attempts {
		t.row(strconv.Itoa(at.Number), at.At.UTC().Format(time.RFC3339), strconv.FormatInt(at.DurationMS, 10)+"ms",
			statusOf(at), string(at.Class), orDash(deref(at.Error)))
	}
	t.flush()
	s.printTimelines(d.Attempts)
	s.printBodies(d.Attempts)
}

// printTimelines says over what the attempts went, and when they had come how far.
func (s *session) printTimelines(attempts []console.Attempt) {
	t := newTable(s.out)
	head := []string{"ATTEMPT", "CONNECTION", "TIME LINE"}
	for _, at := range attempts {
		if at.Connection == nil && at.Timeline == nil {
			continue
		}
		if head != nil {
			fmt.Fprintln(s.out)
			t.row(head...)
			head = nil
		}
		t.row(strconv.Itoa(at.Number), orDash(at.Connection.String()), orDash(at.Timeline.String()))
	}
	t.flush()
}

func (s *session) printBodies(attempts []console.Attempt) {
	for _, at := range attempts {
		if at.ResponseBody == nil {
			continue
		}
		kind := "response body"
		if at.Encoding != "" {
			kind += " (" + at.Encoding + ")"
		}
		if at.Truncated {
			kind += ", its start"
		}
		fmt.Fprintf(s.out, "\nattempt %d, %s:\n%s\n", at.Number, inert.Text(kind), indent(inert.Lines(*at.ResponseBody)))
	}
}

func statusOf(a console.Attempt) string {
	if a.Status == nil {
		return "-"
	}
	return strconv.Itoa(*a.Status)
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
