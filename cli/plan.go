package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/dryrun"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
)

type planVerb struct {
	output
	Path    string `arg:"" optional:"" help:"With --against: the configuration that would take its place. Default: as run."`
	Against string `help:"Compare with this configuration instead of the running agent's." type:"path" env:"POSTERN_PLAN_AGAINST" placeholder:"PATH"`
	Events  string `help:"With --against: a file with events as an app would post them, whose requests are compared." env:"POSTERN_PLAN_EVENTS" placeholder:"FILE"`
	NoEnv   bool   `name:"no-env" help:"With --against: without variables, credentials and secret files at hand." env:"POSTERN_PLAN_NO_ENV"`
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

// plan asks the agent about its own configuration: it has the secrets and the
// events. Two configurations at hand are compared here.
func (v *planVerb) plan(s *session) (p dryrun.Plan, err error) {
	if v.Against != "" {
		return v.between(s)
	}
	if v.Path != "" || v.Events != "" || v.NoEnv {
		return p, usageError{"the agent plans what it would load itself: PATH, --events and --no-env go with --against"}
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

func (v *planVerb) between(s *session) (p dryrun.Plan, err error) {
	in := config.Inputs{NoEnv: v.NoEnv, Stored: v.stored}
	old, err := s.load(v.Against, in)
	if err != nil {
		return p, err
	}
	var events []event.Event
	if v.Events != "" {
		raw, err := readInput(s, v.Events)
		if err != nil {
			return p, fmt.Errorf("--events: %w", err)
		}
		if events, err = agent.ReadEvents(raw, "", time.Now().UTC()); err != nil {
			return p, fmt.Errorf("--events: %s: %w", v.Events, err)
		}
	}
	path := v.Path
	if path == "" {
		path = v.path()
	}
	files, ds := config.Read(s.ctx, path)
	if ds.HasErrors() {
		return dryrun.Refuse(ds), nil
	}
	new, ds := config.Load(files, in)
	if new == nil {
		return dryrun.Refuse(ds), nil
	}
	p = dryrun.Compare(old, new, nil, events)
	p.Diagnostics = ds
	return p, nil
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
	if len(p.Added)+len(p.Changed)+len(p.Removed) == 0 {
		return "no webhook would change"
	}
	text := fmt.Sprintf("%d to add, %d to change, %d to remove", len(p.Added), len(p.Changed), len(p.Removed))
	if p.Compared > 0 {
		text += fmt.Sprintf("; %d of %s would be told otherwise", len(p.Events), count(p.Compared, "event"))
	}
	return text
}
