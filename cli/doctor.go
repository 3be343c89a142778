package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/queue"
)

type doctorVerb struct {
	output
	Repair bool `help:"Rebuild a damaged line of what can be read, and keep the old files. The agent must not run." env:"POSTERN_DOCTOR_REPAIR"`
	secretFlags
}

func (v *doctorVerb) Run(s *session) error {
	dir, err := v.existing(s)
	if err != nil {
		return err
	}
	c, err := v.check(s, dir)
	if err != nil {
		return err
	}
	if v.Repair && !c.OK {
		return v.repair(s, dir, c)
	}
	if err := v.print(s, c, func() { s.printCheckup(&c) }); err != nil {
		return err
	}
	if !c.OK {
		return errNegative
	}
	return nil
}

// existing is the data directory, which verbs that only look don't make.
func (f secretFlags) existing(s *session) (string, error) {
	dir, err := filepath.Abs(f.dataDir(s.ctx))
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err != nil {
		return "", &agent.StorageError{Cause: fmt.Errorf("data directory: %w; give --data-dir, or --config for the agent's configuration", err)}
	}
	return dir, nil
}

// check looks itself, or asks the agent that has the directory.
func (v *doctorVerb) check(s *session, dir string) (c agent.Checkup, err error) {
	c, err = agent.CheckDir(dir)
	var used *queue.InUseError
	if !errors.As(err, &used) {
		return c, err
	}
	if v.Repair {
		return c, &agent.StorageError{Cause: fmt.Errorf("%w; stop it first (a running agent rebuilds a damaged line by itself)", used)}
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return c, err
	}
	raw, err := a.Check(s.ctx)
	if err != nil {
		return c, a.explain(err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("the agent's answer: %w", err)
	}
	return c, sameDir(dir, c.DataDir, a.address)
}

// sameDir fails if the agent that was asked has another directory.
func sameDir(dir, has, address string) error {
	ours, err := os.Stat(dir)
	if err != nil {
		return &agent.StorageError{Cause: err}
	}
	if theirs, err := os.Stat(has); err == nil && !os.SameFile(ours, theirs) {
		return &agent.StorageError{Cause: fmt.Errorf("%s is in use, and the agent at %s has another data directory, %s; give --console", dir, address, has)}
	}
	return nil
}

// A doctored is what --repair prints as JSON.
type doctored struct {
	Before agent.Checkup  `json:"before"`
	Repair agent.Repaired `json:"repair"`
	After  agent.Checkup  `json:"after"`
}

func (v *doctorVerb) repair(s *session, dir string, before agent.Checkup) error {
	r, err := agent.RepairDir(dir)
	if err != nil {
		return err
	}
	after, err := agent.CheckDir(dir)
	if err != nil {
		return err
	}
	err = v.print(s, doctored{before, r, after}, func() {
		s.printFindings(before.Findings)
		s.printRepaired(&r)
		fmt.Fprintln(s.out)
		s.printCheckup(&after)
	})
	if err == nil && !after.OK {
		err = errNegative
	}
	return err
}

func (s *session) printCheckup(c *agent.Checkup) {
	t := newTable(s.out)
	who := "no agent runs"
	if c.Running {
		who = "checked by the agent that has it"
	}
	t.row("data directory", c.DataDir+", "+who)
	if c.Format == 0 {
		t.row("queue", "none yet")
	} else {
		t.row("queue", fmt.Sprintf("format %d, %s: %s in %s", c.Format, size(c.Bytes), english.Plural(int(c.Events), "event", ""), english.Plural(c.Tables, "table", "")))
	}
	t.row("disk", fmt.Sprintf("%s free; no events are accepted below %s; %s in reserve", size(c.Free), size(c.Floor), size(c.Reserve)))
	if c.Aside > 0 {
		t.row("set aside", strconv.FormatInt(c.Aside, 10)+" unreadable records, kept in the queue")
	}
	for _, name := range c.Quarantine {
		t.row("quarantine", name)
	}
	t.flush()
	s.printLanes(c)
	fmt.Fprintln(s.out)
	if len(c.Findings) == 0 {
		fmt.Fprintln(s.out, "all of it can be read")
		return
	}
	s.printFindings(c.Findings)
	if !c.Running {
		fmt.Fprintln(s.out, "postern doctor --repair rebuilds a damaged line of what can be read, and keeps the old files")
	}
}

func (s *session) printLanes(c *agent.Checkup) {
	if len(c.Lanes) == 0 {
		return
	}
	fmt.Fprintln(s.out)
	t := newTable(s.out, "WEBHOOK", "PENDING", "FAILED", "DELIVERED", "SKIPPED", "OLDEST")
	for _, l := range c.Lanes {
		t.row(l.Name, strconv.FormatInt(l.Pending, 10), strconv.FormatInt(l.Failed, 10), strconv.FormatInt(l.Delivered, 10),
			strconv.FormatInt(l.Skipped, 10), ago(l.Oldest, time.Now()))
	}
	t.flush()
}

func (s *session) printFindings(all []agent.Finding) {
	for _, f := range all {
		fmt.Fprintf(s.out, "%s: %s\n", inert.Text(f.File), inert.Text(f.What))
	}
}

func (s *session) printRepaired(r *agent.Repaired) {
	fmt.Fprintf(s.out, "\nrebuilt: %d events, %s\n", r.Events, deliveries(int(r.Deliveries+r.Restored)))
	for _, lost := range []struct {
		n    int64
		what string
	}{
		{r.Restored, "deliveries of these begin anew: their records were lost, and may go out a second time"},
		{r.WithoutBody, "deliveries have lost their event, and will fail when they are due"},
		{r.Unknown, "events were kept, and it is lost to whom they were owed"},
		{r.WithoutLane, "webhooks have lost their name: postern deliveries move unreadable-N NAME gives it back"},
		{r.Unreadable, "unreadable records are set aside in the queue"},
	} {
		if lost.n > 0 {
			fmt.Fprintf(s.out, "  %d %s\n", lost.n, lost.what)
		}
	}
	if r.Kept != "" {
		fmt.Fprintf(s.out, "the old files are in %s\n", inert.Text(r.Kept))
	}
}
