package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/dryrun"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
)

type explainVerb struct {
	output
	Event   string `arg:"" help:"Id of an event that the agent accepted; or a file with one as an app would post it, - for standard input."`
	Webhook string `help:"This webhook alone." env:"POSTERN_EXPLAIN_WEBHOOK" placeholder:"NAME"`
	Type    string `help:"Of a file that holds the event's data only: its type." env:"POSTERN_EXPLAIN_TYPE" placeholder:"TYPE"`
	NoEnv   bool   `name:"no-env" help:"For a file: without variables, credentials and secret files at hand." env:"POSTERN_EXPLAIN_NO_ENV"`
	consoleFlags
	dataDirFlag
}

// explanations are the answer of explain as JSON.
type explanations struct {
	Explanations []dryrun.Explanation `json:"explanations"`
}

func (v *explainVerb) Run(s *session) error {
	all, err := v.explanations(s)
	if err != nil {
		return err
	}
	if v.Webhook != "" {
		all = slices.DeleteFunc(all, func(x dryrun.Explanation) bool { return x.Webhook != v.Webhook })
		if len(all) == 0 {
			return fmt.Errorf("there is no webhook %q", v.Webhook)
		}
	}
	return v.print(s, explanations{all}, func() {
		for i := range all {
			s.printExplanation(&all[i])
		}
	})
}

// explanations come from the agent for an event of its line, else from the
// configuration at hand.
func (v *explainVerb) explanations(s *session) ([]dryrun.Explanation, error) {
	raw, err := readInput(s, v.Event, maxInput)
	if err == nil {
		e, err := v.event(raw)
		if err != nil {
			return nil, err
		}
		g, err := v.load(s)
		if err != nil {
			return nil, err
		}
		return dryrun.Explain(g, e, dryrun.Options{Version: version()}), nil
	}
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsAny(v.Event, "/.") {
		return nil, err
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return nil, err
	}
	answer, err := a.Explain(s.ctx, v.Event)
	if err != nil {
		return nil, a.explain(err)
	}
	var all []dryrun.Explanation
	return all, json.Unmarshal(answer, &all)
}

func (v *explainVerb) event(raw []byte) (*event.Event, error) {
	events, err := agent.ReadEvents(raw, v.Type, time.Now().UTC())
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", v.Event, err)
	case len(events) != 1:
		return nil, fmt.Errorf("%s: it holds %d events; one can be explained", v.Event, len(events))
	}
	return &events[0], nil
}

func (v *explainVerb) load(s *session) (*config.Generation, error) {
	return s.load(v.path(), config.Inputs{NoEnv: v.NoEnv, Stored: v.stored})
}

// load reads a configuration for a verb that can't do without. Its problems are
// printed.
func (s *session) load(path string, in config.Inputs) (*config.Generation, error) {
	var g *config.Generation
	files, ds := config.Read(s.ctx, path)
	if !ds.HasErrors() {
		g, ds = config.Load(files, in)
	}
	if g != nil {
		return g, nil
	}
	_ = ds.Write(s.err, s.colored(s.err)) // nobody is left to be told
	return nil, errNegative
}

func (s *session) printExplanation(x *dryrun.Explanation) {
	fmt.Fprintf(s.out, "%s  %s\n  %s\n", inert.Text(x.Webhook), x.Outcome, inert.Text(x.Reason))
	t := newTable(s.out)
	if x.Subscription != "" {
		t.row("  subscription", x.Subscription)
	}
	if f := x.Filter; f != nil {
		t.row("  filter", shownField(f), sourceOf(f), f.Place)
		for _, saw := range f.Saw {
			t.row("", saw.Path+" = "+string(saw.Value))
		}
	}
	if f := x.OrderBy; f != nil {
		t.row("  order_by", shownField(f), f.Source, f.Place)
	}
	for i := range x.Fields {
		f := &x.Fields[i]
		value := shownField(f)
		if f.Error == "" {
			value = clipped(value) // the request has all of it
		}
		t.row("  "+f.Name, value, clipped(sourceOf(f)), f.Place)
	}
	if f := x.SuccessWhen; f != nil {
		t.row("  "+f.Name, "", f.Source, f.Place)
	}
	t.flush()
	if r := x.Request; r != nil {
		s.printRequest(r)
	}
	fmt.Fprintln(s.out)
}

func (s *session) printRequest(r *dryrun.Request) {
	fmt.Fprintf(s.out, "\n  %s %s\n", r.Method, inert.Text(r.URL))
	for _, h := range r.Headers {
		fmt.Fprintf(s.out, "  %s: %s\n", inert.Text(h.Name), inert.Text(h.Value))
	}
	if r.Body != "" {
		fmt.Fprintf(s.out, "\n%s\n", indent(inert.Lines(r.Body)))
	}
	if r.Signed != "" {
		fmt.Fprintf(s.out, "\n  signed: %s\n", inert.Text(r.Signed))
	}
	fmt.Fprintf(s.out, "\n%s\n", indent(inert.Lines(r.Curl)))
}

// shownField is a field's value, or why there is none.
func shownField(f *dryrun.Field) string {
	if f.Error != "" {
		return "error: " + f.Error
	}
	return string(f.Value)
}

// sourceOf is how a field is written, unless that is its value.
func sourceOf(f *dryrun.Field) string {
	if f.Source == string(f.Value) || "\""+f.Source+"\"" == string(f.Value) {
		return ""
	}
	return f.Source
}
