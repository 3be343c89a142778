package cli

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
)

type tailVerb struct {
	output
	Webhook string `help:"Only those of this webhook." env:"POSTERN_TAIL_WEBHOOK" placeholder:"NAME"`
	State   string `help:"Only those that end in this state: pending (attempted again), delivered, failed or skipped." env:"POSTERN_TAIL_STATE" placeholder:"STATE"`
	Count   int    `help:"End after so many. Default: never." env:"POSTERN_TAIL_COUNT" placeholder:"N"`
	consoleFlags
}

// tailPause is between two looks.
const tailPause = 250 * time.Millisecond

func (v *tailVerb) Run(s *session) error {
	sight, err := console.NewSight(url.Values{"webhook": {v.Webhook}, "state": {v.State}})
	var bad *console.ParameterError
	switch {
	case errors.As(err, &bad):
		return usageError{fmt.Sprintf("--%s: %s", bad.Name, bad.Why)}
	case v.Count < 0:
		return usageError{"--count can't be negative"}
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(s.ctx, s.hangups)
	defer stop()
	last, err := a.Attempts(ctx, sight)
	if err != nil && ctx.Err() == nil {
		return a.explain(err)
	}
	fmt.Fprintf(s.err, "watching the agent at %s; Ctrl-C ends it\n", inert.Text(a.address))
	pause := time.NewTicker(tailPause)
	defer pause.Stop()
	for shown, away := 0, false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
		sight.From = last.Next
		now, err := a.Attempts(ctx, sight)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, console.ErrUnreachable):
			if !away {
				fmt.Fprintln(s.err, "the agent is gone; waiting for it")
			}
			away = true
			continue
		case err != nil:
			return a.explain(err)
		case away:
			fmt.Fprintln(s.err, "the agent is back")
		}
		away, last = false, now
		if now.Missed > 0 {
			fmt.Fprintf(s.err, "%d were too many to be shown\n", now.Missed)
		}
		for i := range now.Attempts {
			if err := v.show(s, &now.Attempts[i]); err != nil {
				return err
			}
			if shown++; shown == v.Count {
				return nil
			}
		}
	}
}

// show prints one line.
func (v *tailVerb) show(s *session, e *console.Ended) error {
	if v.json() {
		return writeLine(s.out, e)
	}
	status := "-"
	if e.Status != nil {
		status = fmt.Sprint(*e.Status)
	}
	line := fmt.Sprintf("%s  %-9s  %-12s  %-20s  %-8s  %3s  %6s  %s", e.At.Local().Format("15:04:05.000"), e.State,
		inert.Text(e.Webhook), inert.Text(e.Type), inert.Text(string(e.Class)), status, fmt.Sprint(e.DurationMS)+"ms", inert.Text(e.Delivery))
	if e.Number > 1 {
		line += fmt.Sprintf("  attempt %d", e.Number)
	}
	if e.State == event.Pending && e.Next != nil {
		line += fmt.Sprintf("  again in %s", max(0, e.Next.Sub(e.At)).Round(time.Second))
	}
	if e.Error != nil {
		line += "  " + inert.Text(*e.Error)
	}
	_, err := fmt.Fprintln(s.out, line)
	return err
}
