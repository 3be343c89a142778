package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/dryrun"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/queue"
)

type planVerb struct {
	output
	Path    string `arg:"" optional:"" help:"The configuration that would be in force. Default: what the agent would load itself."`
	Against string `help:"Compare with this configuration, and ask no agent." type:"path" env:"POSTERN_PLAN_AGAINST" placeholder:"PATH"`
	Events  string `help:"Events whose requests are compared: a file as an app would post them. Default: the latest of the agent." env:"POSTERN_PLAN_EVENTS" placeholder:"FILE"`
	NoEnv   bool   `name:"no-env" help:"Without variables, credentials and secret files at hand." env:"POSTERN_PLAN_NO_ENV"`
	consoleFlags
	dataDirFlag
}

func (v *planVerb) Run(s *session) error {
	p, err := v.plan(s)
	if err != nil {
		return err
	}
	err = v.print(s, p, func() { s.printPlan(p) })
	if err == nil && p.Refused {
		err = errNegative
	}
	return err
}

// plan asks the agent about its own configuration, for it has the secrets;
// others are compared here.
func (v *planVerb) plan(s *session) (p dryrun.Plan, err error) {
	switch {
	case v.Against != "":
		return v.compare(s, v.against)
	case v.Path != "":
		return v.compare(s, v.inForce)
	case v.Events != "" || v.NoEnv:
		return p, usageError{"the agent plans what it would load itself: --events and --no-env go with PATH or --against"}
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return p, err
	}
	raw, err := a.Plan(s.ctx)
	if err != nil {
		return p, a.explain(err)
	}
	return p, json.Unmarshal(raw, &p)
}

// A footing is what a plan starts from.
type footing struct {
	files   config.Files
	read    func(path string) ([]byte, error) // nil: from disk
	waiting map[string]dryrun.Waiting
	events  []event.Event
}

// compare loads both sides alike. start is given the new one.
func (v *planVerb) compare(s *session, start func(*session, *config.Generation) (footing, error)) (p dryrun.Plan, err error) {
	path := v.Path
	if path == "" {
		path = v.path()
	}
	in := config.Inputs{NoEnv: v.NoEnv, Stored: v.stored}
	files, ds := config.Read(s.ctx, path)
	if ds.HasErrors() {
		return dryrun.Refused(ds), nil
	}
	new, ds := config.Load(files, in)
	if new == nil {
		return dryrun.Refused(ds), nil
	}
	from, err := start(s, new)
	if err != nil {
		return p, err
	}
	if v.Events != "" {
		if from.events, err = v.given(s); err != nil {
			return p, err
		}
	}
	in.ReadFile = from.read
	old, problems := config.Load(from.files, in)
	if old == nil {
		return p, fmt.Errorf("what it is compared with can't be loaded here: %w", problems)
	}
	return dryrun.Compare(old, new, from.waiting, from.events, ds), nil
}

func (v *planVerb) against(s *session, _ *config.Generation) (from footing, err error) {
	files, ds := config.Read(s.ctx, v.Against)
	if ds.HasErrors() {
		return from, ds
	}
	return footing{files: files}, nil
}

// inForce is what the agent runs, as its data directory has it: who may read
// that may know all of it.
func (v *planVerb) inForce(s *session, new *config.Generation) (from footing, err error) {
	dir := v.DataDir
	if dir == "" {
		dir = new.Agent.DataDir
	}
	if from.files, from.read, err = agent.LastGood(dir); err != nil {
		return from, fmt.Errorf("the configuration in force: %w; run as the agent's user, give its --data-dir, or compare with --against PATH", err)
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return from, err
	}
	if from.waiting, err = a.waiting(s.ctx); err == nil {
		from.events, err = a.newest(s.ctx)
	}
	if err != nil {
		return from, a.explain(err)
	}
	return from, nil
}

func (v *planVerb) given(s *session) ([]event.Event, error) {
	raw, err := readInput(s, v.Events, maxInput)
	if err != nil {
		return nil, fmt.Errorf("--events: %w", err)
	}
	events, err := agent.ReadEvents(raw, "", time.Now().UTC())
	if err != nil {
		return nil, fmt.Errorf("--events: %s: %w", v.Events, err)
	}
	return events, nil
}

// waiting is what waits in a running agent, by webhook.
func (a *api) waiting(ctx context.Context) (map[string]dryrun.Waiting, error) {
	all, err := a.Webhooks(ctx)
	waiting := map[string]dryrun.Waiting{}
	for _, w := range all {
		waiting[w.Name] = dryrun.Waiting{
			Count:     w.Counts["pending"] + w.Counts["held"] + w.Counts["orphaned"],
			Suspended: w.State == "suspended",
		}
	}
	return waiting, err
}

func (a *api) newest(ctx context.Context) ([]event.Event, error) {
	list := func(cursor string) ([]dryrun.Owed, string, error) {
		page, err := a.Deliveries(ctx, console.Query{Limit: 500, Cursor: cursor})
		var owed []dryrun.Owed
		for _, d := range page.Deliveries {
			owed = append(owed, dryrun.Owed{EventID: d.EventID, Type: d.Type})
		}
		return owed, deref(page.NextCursor), err
	}
	return dryrun.Newest(list, func(id string) (*event.Event, error) {
		e, err := a.Event(ctx, id)
		if errors.Is(err, queue.ErrNotFound) {
			return nil, nil
		}
		return accepted(e), err
	})
}

// accepted is the event as the agent has it.
func accepted(e console.Event) *event.Event {
	out := &event.Event{ID: e.ID, Type: e.Type, Time: deref(e.Time), Source: deref(e.Source), Data: e.Data, Accepted: e.AcceptedAt}
	if e.CloudID != "" {
		out.Cloud = &event.Cloud{ID: e.CloudID, Attributes: e.Attributes}
	}
	return out
}

func (s *session) printPlan(p dryrun.Plan) {
	_ = p.Diagnostics.Write(s.err, s.colored(s.err)) // nobody is left to be told
	for _, name := range p.Added {
		fmt.Fprintf(s.out, "+ %s\n", inert.Text(name))
	}
	for _, c := range p.Changed {
		fmt.Fprintf(s.out, "~ %s\n", inert.Text(c.Webhook))
		t := newTable(s.out)
		for _, change := range c.Settings {
			t.row("    "+change.Name, fromTo(change.Old, change.New))
		}
		t.flush()
	}
	for _, name := range p.Removed {
		fmt.Fprintf(s.out, "- %s\n", inert.Text(name))
	}
	s.printTouched(p)
	for _, c := range p.Events {
		fmt.Fprintf(s.out, "event %s (%s)\n", inert.Text(c.EventID), inert.Text(c.Type))
		for _, d := range c.Webhooks {
			s.printDifference(d)
		}
	}
	fmt.Fprintln(s.out, planned(p))
}

func fromTo(old, new string) string {
	switch {
	case old == new:
		return new + " changes its value"
	case old == "":
		return "added: " + new
	case new == "":
		return "removed: " + old
	}
	return old + " → " + new
}

// effects say what becomes of waiting deliveries.
var effects = map[dryrun.Effect]string{
	dryrun.Orphaned: "orphaned until the webhook returns",
	dryrun.Adopted:  "no longer orphaned",
	dryrun.Held:     "held until the webhook is active again",
	dryrun.Released: "released, oldest first",
	dryrun.Resumed:  "released: the change ends the suspension",
}

func (s *session) printTouched(p dryrun.Plan) {
	for _, d := range p.Deliveries {
		fmt.Fprintf(s.out, "%s: %s %s\n", inert.Text(d.Webhook), deliveries(int(d.Count)), effects[d.Effect])
	}
	for _, r := range p.Renames {
		fmt.Fprintf(s.out, "%s looks like %s under a new name; to move what waits, after the reload: postern deliveries move %s %s\n",
			inert.Text(r.To), inert.Text(r.From), inert.Text(r.From), inert.Text(r.To))
	}
}

func (s *session) printDifference(d dryrun.Difference) {
	if d.Was != d.Is {
		fmt.Fprintf(s.out, "    %s  %s → %s\n", inert.Text(d.Webhook), d.Was, d.Is)
		return
	}
	fmt.Fprintf(s.out, "    %s\n", inert.Text(d.Webhook))
	t := newTable(s.out)
	for _, part := range d.Parts {
		t.row("        "+part.Name, fromTo(part.Was, part.Is))
	}
	t.flush()
}

// planned sums a plan up.
func planned(p dryrun.Plan) string {
	if p.Refused {
		return "a reload would be refused"
	}
	if p.Other {
		return "no webhook would change; other blocks, or the layout alone, do"
	}
	if len(p.Added)+len(p.Changed)+len(p.Removed) == 0 {
		return "nothing would change"
	}
	text := fmt.Sprintf("%d to add, %d to change, %d to remove", len(p.Added), len(p.Changed), len(p.Removed))
	if p.Compared > 0 {
		text += fmt.Sprintf("; %d of %s would be told otherwise", len(p.Events), count(p.Compared, "event"))
	}
	return text
}
