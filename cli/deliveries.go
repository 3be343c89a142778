package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
)

type deliveriesVerb struct {
	Ls     deliveriesLsVerb     `cmd:"" default:"withargs" help:"List deliveries, newest first (what deliveries alone does)."`
	Show   deliveriesShowVerb   `cmd:"" help:"Show one delivery with its attempts."`
	Export deliveriesExportVerb `cmd:"" help:"Write deliveries to standard output, one a line: for other programs, and for tables."`
	Move   deliveriesMoveVerb   `cmd:"" help:"Move what waits for a webhook that was renamed."`
}

// chosen are the deliveries that flags choose.
type chosen struct {
	Webhook string `help:"Only those of this webhook." env:"WEBHOOK" placeholder:"NAME"`
	State   string `help:"Only those in this state: pending, held, delivered, failed, skipped or orphaned." env:"STATE" placeholder:"STATE"`
	Type    string `help:"Only those of this event type." env:"TYPE" placeholder:"TYPE"`
	Class   string `help:"Only those whose last attempt ended so, such as timeout or status." env:"CLASS" placeholder:"CLASS"`
	Since   string `help:"Only those accepted since: a time in RFC 3339, or an age such as 90m." env:"SINCE" placeholder:"TIME"`
}

// query reads the flags as the API reads its parameters.
func (c chosen) query(limit, cursor string, now time.Time) (console.Query, error) {
	q, err := console.NewQuery(url.Values{
		"webhook": {c.Webhook}, "state": {c.State}, "type": {c.Type}, "class": {c.Class},
		"since": {c.Since}, "limit": {limit}, "cursor": {cursor},
	}, now)
	var bad *console.ParameterError
	if errors.As(err, &bad) {
		err = usageError{fmt.Sprintf("--%s: %s", bad.Name, bad.Why)}
	}
	return q, err
}

// wholePages is the limit of those who want all.
var wholePages = strconv.Itoa(console.MaxLimit)

type deliveriesLsVerb struct {
	output
	chosen `envprefix:"POSTERN_DELIVERIES_"`
	Limit  string `help:"So many (${default}), at most 500." default:"50" env:"POSTERN_DELIVERIES_LIMIT" placeholder:"N"`
	Cursor string `help:"Go on where a list ended." env:"POSTERN_DELIVERIES_CURSOR" placeholder:"CURSOR"`
	All    bool   `help:"All of them, page by page." env:"POSTERN_DELIVERIES_ALL"`
	consoleFlags
}

func (v *deliveriesLsVerb) Run(s *session) error {
	limit := v.Limit
	if v.All {
		limit = wholePages
	}
	q, err := v.query(limit, v.Cursor, time.Now())
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
	l, err := a.page(s.ctx, q)
	if err != nil {
		return a.explain(err)
	}
	return v.print(s, l, func() {
		s.printDeliveries(l.Deliveries, true, time.Now())
		if l.NextCursor != nil {
			fmt.Fprintf(s.err, "there are more: --cursor %s, or --all\n", inert.Text(*l.NextCursor))
		}
	})
}

// all prints page after page, holding one at a time.
func (v *deliveriesLsVerb) all(s *session, a *api, q console.Query) error {
	if v.json() {
		return s.writeList(a.pages(s.ctx, q))
	}
	first := true
	for ds, err := range a.pages(s.ctx, q) {
		if err != nil {
			return err
		}
		s.printDeliveries(ds, first, time.Now())
		first = false
	}
	return nil
}

// page fetches q's page. The agent ends one that finds little before it is full:
// then it is asked for the rest.
func (a *api) page(ctx context.Context, q console.Query) (console.List, error) {
	l, err := a.Deliveries(ctx, q)
	for want := q.Limit; err == nil && l.NextCursor != nil && len(l.Deliveries) < want; {
		q.Cursor, q.Limit = *l.NextCursor, want-len(l.Deliveries)
		var more console.List
		more, err = a.Deliveries(ctx, q)
		l.Deliveries, l.NextCursor = append(l.Deliveries, more.Deliveries...), more.NextCursor
	}
	return l, err
}

// pages fetches q's page, and those after it as they are asked for.
func (a *api) pages(ctx context.Context, q console.Query) iter.Seq2[[]console.Delivery, error] {
	return func(yield func([]console.Delivery, error) bool) {
		for {
			l, err := a.Deliveries(ctx, q)
			if !yield(l.Deliveries, a.explain(err)) || err != nil || l.NextCursor == nil {
				return
			}
			q.Cursor = *l.NextCursor
		}
	}
}

// writeList writes pages as the API would write them if they were one list.
func (s *session) writeList(pages iter.Seq2[[]console.Delivery, error]) error {
	before := `{"deliveries":[`
	for ds, err := range pages {
		if err != nil {
			return err
		}
		for i := range ds {
			if _, err := io.WriteString(s.out, before); err != nil {
				return err
			}
			if err := writeLine(s.out, ds[i]); err != nil {
				return err
			}
			before = ","
		}
	}
	if before == "," {
		before = ""
	}
	_, err := io.WriteString(s.out, before+`],"next_cursor":null}`+"\n")
	return err
}

// printDeliveries prints a page; the first one has the heads of the columns.
func (s *session) printDeliveries(ds []console.Delivery, first bool, now time.Time) {
	if first && len(ds) == 0 {
		fmt.Fprintln(s.out, "no deliveries")
		return
	}
	t := newTable(s.out)
	if first {
		t.row("ID", "ACCEPTED", "TYPE", "WEBHOOK", "STATE", "CLASS", "NEXT ATTEMPT")
	}
	for _, d := range ds {
		t.row(d.ID, ago(d.CreatedAt, now), d.Type, d.Webhook, string(d.State), classOf(d), nextOf(d, now))
	}
	t.flush()
}

// nextOf is when the next attempt is due, or what comes before it.
func nextOf(d console.Delivery, now time.Time) string {
	switch w := d.WaitsFor; {
	case d.Holds:
		return "holds: replay it"
	case w == nil:
		return agoOf(d.NextAttemptAt, now)
	case w.Failed:
		return "after the replay of " + w.ID
	default:
		return "after " + w.ID
	}
}

func classOf(d console.Delivery) string {
	if d.Class == nil {
		return "-"
	}
	return orDash(string(*d.Class))
}
