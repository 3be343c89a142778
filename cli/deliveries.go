package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
)

type deliveriesVerb struct {
	Ls   deliveriesLsVerb   `cmd:"" default:"withargs" help:"List deliveries, newest first (what deliveries alone does)."`
	Show deliveriesShowVerb `cmd:"" help:"Show one delivery with its attempts."`
}

type deliveriesLsVerb struct {
	output
	Webhook string `help:"Only those of this webhook." env:"POSTERN_DELIVERIES_WEBHOOK" placeholder:"NAME"`
	State   string `help:"Only those in this state: pending, held, delivered, failed, skipped or orphaned." env:"POSTERN_DELIVERIES_STATE" placeholder:"STATE"`
	Type    string `help:"Only those of this event type." env:"POSTERN_DELIVERIES_TYPE" placeholder:"TYPE"`
	Class   string `help:"Only those whose last attempt ended so, such as timeout or status." env:"POSTERN_DELIVERIES_CLASS" placeholder:"CLASS"`
	Since   string `help:"Only those accepted since: a time in RFC 3339, or an age such as 90m." env:"POSTERN_DELIVERIES_SINCE" placeholder:"TIME"`
	Limit   int    `help:"So many (${default}), at most 500." default:"50" env:"POSTERN_DELIVERIES_LIMIT" placeholder:"N"`
	Cursor  string `help:"Go on where a list ended." env:"POSTERN_DELIVERIES_CURSOR" placeholder:"CURSOR"`
	All     bool   `help:"All of them, page by page." env:"POSTERN_DELIVERIES_ALL"`
	consoleFlags
}

// largestPage is the API's own limit.
const largestPage = 500

func (v *deliveriesLsVerb) query(now time.Time) (console.Query, error) {
	if v.Limit < 1 || v.Limit > largestPage {
		return console.Query{}, usageError{fmt.Sprintf("--limit is 1 to %d; --all lists all", largestPage)}
	}
	since, err := parseSince(v.Since, now)
	if err != nil {
		return console.Query{}, usageError{err.Error()}
	}
	q := console.Query{
		Webhook: v.Webhook, State: event.State(v.State), Type: v.Type, Class: event.Class(v.Class),
		Since: since, Limit: v.Limit, Cursor: v.Cursor,
	}
	if v.All {
		q.Limit = largestPage
	}
	return q, nil
}

// parseSince reads a time, or how long before now.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, errors.New("--since is a time such as 2026-01-31T12:00:00Z, or an age such as 90m")
}

func (v *deliveriesLsVerb) Run(s *session) error {
	q, err := v.query(time.Now())
	if err != nil {
		return err
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	if v.All {
		return v.all(s, a, q)
	}
	l, err := a.Deliveries(s.ctx, q)
	if err != nil {
		return a.explain(err)
	}
	return v.print(s, l, func() {
		s.printDeliveries(l.Deliveries, time.Now())
		if l.NextCursor != nil {
			fmt.Fprintf(s.err, "there are more: --cursor %s, or --all\n", inert.Text(*l.NextCursor))
		}
	})
}

// all prints page after page, holding one at a time. As JSON it is one list.
func (v *deliveriesLsVerb) all(s *session, a *api, q console.Query) error {
	before := `{"deliveries":[`
	for {
		l, err := a.Deliveries(s.ctx, q)
		if err != nil {
			return a.explain(err)
		}
		if v.json() {
			for i := range l.Deliveries {
				_, _ = io.WriteString(s.out, before) // as in writeLine
				writeLine(s.out, l.Deliveries[i])
				before = ","
			}
		} else {
			s.printDeliveries(l.Deliveries, time.Now())
		}
		if l.NextCursor == nil {
			break
		}
		q.Cursor = *l.NextCursor
	}
	if v.json() {
		if before != "," {
			_, _ = io.WriteString(s.out, before)
		}
		_, _ = io.WriteString(s.out, `],"next_cursor":null}`+"\n")
	}
	return nil
}

func (s *session) printDeliveries(ds []console.Delivery, now time.Time) {
	t := newTable(s.out, "ID", "ACCEPTED", "TYPE", "WEBHOOK", "STATE", "CLASS", "NEXT ATTEMPT")
	for _, d := range ds {
		t.row(d.ID, ago(d.CreatedAt, now), d.Type, d.Webhook, string(d.State), classOf(d), agoOf(d.NextAttemptAt, now))
	}
	t.flush()
}

func classOf(d console.Delivery) string {
	if d.Class == nil {
		return "-"
	}
	return orDash(string(*d.Class))
}
