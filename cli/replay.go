package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/queue"
)

type replayVerb struct {
	output
	ID     string `arg:"" optional:"" help:"Id of the delivery. One that waits is attempted at once. Default: all that the flags choose."`
	chosen `envprefix:"POSTERN_REPLAY_"`
	Until  string `help:"Only those accepted before: a time in RFC 3339, or an age such as 10m." env:"POSTERN_REPLAY_UNTIL" placeholder:"TIME"`
	DryRun bool   `name:"dry-run" help:"Change nothing, and list what would be replayed." env:"POSTERN_REPLAY_DRY_RUN"`
	consoleFlags
}

// Validate is called by kong once the flags are read.
func (v *replayVerb) Validate() error {
	choosing := v.chosen != (chosen{}) || v.Until != ""
	switch {
	case v.ID == "" && !choosing:
		return errors.New("say which: the ID of a delivery, or all that --webhook, --state, --type, --class, --since and --until choose")
	case v.ID != "" && choosing:
		return errors.New("an ID is one delivery: leave out the flags that choose")
	}
	return nil
}

func (v *replayVerb) Run(s *session) error {
	if v.ID == "" {
		return v.several(s)
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	if v.DryRun {
		d, err := a.Delivery(s.ctx, v.ID)
		if err != nil {
			return a.explain(err)
		}
		return v.would(s, []console.Delivery{d})
	}
	d, err := a.Replay(s.ctx, v.ID)
	if err != nil {
		return a.explain(err)
	}
	return v.print(s, d, func() {
		fmt.Fprintf(s.out, "%s to %s is %s again\n", inert.Text(d.ID), inert.Text(d.Webhook), d.State)
	})
}

// A replayed is the answer of replay as JSON, for several deliveries.
type replayed struct {
	Replayed int        `json:"replayed"`
	Refused  []unplayed `json:"refused"`
}

// An unplayed delivery could not be replayed.
type unplayed struct {
	ID  string `json:"id"`
	Why string `json:"error"`
}

// several replays all that match. What is to be replayed is found first: what
// fails again meanwhile is not replayed again.
func (v *replayVerb) several(s *session) error {
	if v.State == "" {
		v.State = "failed"
	}
	q, err := v.query(wholePages, "", time.Now())
	if err != nil {
		return err
	}
	until, err := chosen{Since: v.Until}.query("", "", time.Now())
	if err != nil {
		return usageError{"--until: a time such as 2026-01-31T12:00:00Z or an age such as 10m is wanted"}
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	var found []console.Delivery
	for ds, err := range a.pages(s.ctx, q) {
		if err != nil {
			return err
		}
		for _, d := range ds {
			if v.Until == "" || d.CreatedAt.Before(until.Since) {
				found = append(found, d)
			}
		}
	}
	if v.DryRun {
		return v.would(s, found)
	}
	r, err := v.all(s.ctx, s, a, found)
	if printed := v.print(s, r, func() { s.printReplayed(r) }); err == nil {
		err = printed
	}
	if err == nil && len(r.Refused) > 0 {
		err = errNegative
	}
	return err
}

// would lists what would be replayed.
func (v *replayVerb) would(s *session, found []console.Delivery) error {
	return v.print(s, console.List{Deliveries: found}, func() {
		s.printDeliveries(found, true, time.Now())
		fmt.Fprintf(s.err, "%s would be replayed; nothing was changed\n", deliveries(len(found)))
	})
}

// all goes from the oldest to the newest, as they were accepted.
func (v *replayVerb) all(ctx context.Context, s *session, a *api, found []console.Delivery) (*replayed, error) {
	r := &replayed{Refused: []unplayed{}}
	shown := isTerminal(s.err)
	for i := len(found) - 1; i >= 0; i-- {
		_, err := a.Replay(ctx, found[i].ID)
		switch {
		case err == nil:
			r.Replayed++
		case errors.Is(err, queue.ErrNotFound), errors.Is(err, queue.ErrGone), errors.Is(err, queue.ErrLeased):
			r.Refused = append(r.Refused, unplayed{found[i].ID, err.Error()})
		default:
			return r, a.explain(err)
		}
		if done := len(found) - i; shown && (done%100 == 0 || i == 0) {
			fmt.Fprintf(s.err, "\r%d of %d", done, len(found))
		}
	}
	if shown && len(found) > 0 {
		fmt.Fprintln(s.err)
	}
	return r, nil
}

// maxRefused is how many people are told of by name.
const maxRefused = 20

func (s *session) printReplayed(r *replayed) {
	fmt.Fprintf(s.out, "%s pending again\n", areDeliveries(r.Replayed))
	for i, u := range r.Refused {
		if i == maxRefused {
			fmt.Fprintf(s.out, "and %d more could not be replayed\n", len(r.Refused)-i)
			break
		}
		fmt.Fprintf(s.out, "%s: %s\n", inert.Text(u.ID), inert.Text(u.Why))
	}
}

func areDeliveries(n int) string {
	if n == 1 {
		return "1 delivery is"
	}
	return fmt.Sprintf("%d deliveries are", n)
}
