package cli

import (
	"fmt"
	"io"

	"github.com/posternhq/postern/config"
)

type schemaVerb struct {
	Config schemaConfigVerb `cmd:"" default:"withargs" help:"Print the reference of the configuration: Markdown, or JSON Schema with --output json (what schema alone does)."`
	Events schemaEventsVerb `cmd:"" help:"List what expressions may name of the declared events, with samples."`
}

type schemaConfigVerb struct{ output }

func (v *schemaConfigVerb) Run(s *session) error {
	text := config.JSONSchema()
	if !v.json() {
		text = []byte("# Configuration of Postern\n\n" + config.Markdown(2))
	}
	_, _ = s.out.Write(text) // where standard output fails, nobody is left to be told
	return nil
}

type schemaEventsVerb struct {
	output
	configFlag
}

// catalogue is the answer of schema events as JSON.
type catalogue struct {
	FormatVersion int                `json:"format_version"`
	Events        []declared         `json:"events"`
	Diagnostics   config.Diagnostics `json:"diagnostics"`
}

// declared is one declared event. Without a sample it has no paths.
type declared struct {
	Type        string        `json:"type"`
	Description string        `json:"description"`
	Paths       []config.Path `json:"paths"`
}

func (v *schemaEventsVerb) Run(s *session) error {
	events, ds := v.events(s)
	result := catalogue{FormatVersion: 1, Events: []declared{}, Diagnostics: ds}
	for _, e := range events {
		result.Events = append(result.Events, declared{e.Name, e.Description, append([]config.Path{}, e.Paths()...)})
	}
	err := v.print(s, result, func() {
		_ = ds.Write(s.err, s.colored(s.err)) // nobody is left to be told
		s.printCatalogue(result.Events, ds.HasErrors())
	})
	if err == nil && ds.HasErrors() {
		err = errNegative
	}
	return err
}

// events are the declared ones. Where this shell lacks the agent's variables,
// what depends on them is left out.
func (v *schemaEventsVerb) events(s *session) ([]config.EventType, config.Diagnostics) {
	files, ds := config.Read(s.ctx, v.path())
	if ds.HasErrors() {
		return nil, ds
	}
	events, ds := config.Catalogue(files, config.Inputs{})
	if ds.HasErrors() {
		events, ds = config.Catalogue(files, config.Inputs{NoEnv: true})
	}
	return events, ds
}

func (s *session) printCatalogue(events []declared, broken bool) {
	if len(events) == 0 {
		if !broken {
			fmt.Fprintln(s.err, "no events are declared: an event block with a sample says what an event holds")
		}
		return
	}
	t := newTable(s.out, "EVENT", "PATH", "SAMPLE")
	for _, e := range events {
		if len(e.Paths) == 0 {
			t.row(e.Type, "-", "no sample, or an empty one")
		}
		for _, p := range e.Paths {
			t.row(e.Type, p.Path, clipped(string(p.Sample)))
		}
	}
	t.flush()
	_, _ = io.WriteString(s.out, "\nEvery event has event.id, event.type, event.time and event.source too.\n") // as above
}
