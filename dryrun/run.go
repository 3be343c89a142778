package dryrun

import (
	"regexp"
	"slices"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

// TestOptions are what Run needs besides the files.
type TestOptions struct {
	Only    *regexp.Regexp // nil: all tests; else those whose name it finds something in
	Version string         // of the program, as requests tell it
}

// Run runs the tests of a configuration, each in its own environment. If the
// configuration is wrong whatever the environment, there is no report; the
// diagnostics say why.
func Run(files config.Files, o TestOptions) (*Report, config.Diagnostics) {
	base, ds := config.Load(files, config.Inputs{
		Env:     func(string) (string, bool) { return "", false },
		StandIn: func(string, string) string { return "" },
		NoEnv:   true,
	})
	if ds.HasErrors() {
		return nil, ds
	}
	r := &runner{files: files, base: base, version: o.Version, worlds: map[string]*world{}, seen: newSeen()}
	report := &Report{}
	for i := range base.Tests {
		t := &base.Tests[i]
		if o.Only != nil && !o.Only.MatchString(t.Name) {
			report.LeftOut++
			continue
		}
		report.Results = append(report.Results, Result{Name: t.Name, Place: t.Place, Failures: r.run(t), test: t})
	}
	if report.LeftOut == 0 {
		report.Coverage = r.seen.coverage(base)
	}
	return report, ds
}

// A runner runs tests one after the other.
type runner struct {
	files   config.Files
	base    *config.Generation // what holds in every environment
	version string
	worlds  map[string]*world // by environment
	seen    *seen
}

func (r *runner) world(env map[string]string) *world {
	key := envKey(env)
	if r.worlds[key] == nil {
		r.worlds[key] = newWorld(r.files, env)
	}
	return r.worlds[key]
}

// A trial is one test under way.
type trial struct {
	*runner
	test     *config.Test
	world    *world
	matched  []string // in order
	sent     map[string]*sent
	unmade   bool // a request can't be made
	failures []Failure
}

func (r *runner) run(test *config.Test) []Failure {
	t := &trial{runner: r, test: test, world: r.world(test.Env), sent: map[string]*sent{}}
	t.fit()
	if t.world.g == nil {
		return append(t.failures, t.world.failures()...)
	}
	t.failures = append(t.failures, t.world.idle(test)...)
	matches := t.world.g.Match(&test.Event)
	r.seen.event(t.world.g, &test.Event, matches)
	for i := range test.Expects {
		t.expect(&test.Expects[i], matches)
	}
	t.others(matches)
	t.matched = matchedOf(matches)
	if !t.unmade {
		t.asserts()
	}
	return t.failures
}

func matchedOf(matches []config.Match) (names []string) {
	for _, m := range matches {
		if m.State == event.Pending {
			names = append(names, m.Webhook)
		}
	}
	return names
}

func (t *trial) fail(f Failure) { t.failures = append(t.failures, f) }

// expect checks one webhook that should match, and what it sends.
func (t *trial) expect(e *config.Expect, matches []config.Match) {
	w := t.world.g.Plan.Webhooks[e.Webhook]
	i := slices.IndexFunc(matches, func(m config.Match) bool { return m.Webhook == e.Webhook })
	switch {
	case i < 0:
		t.fail(Failure{Place: e.Place, Webhook: e.Webhook, Text: "does not match: " + t.whyNot(w)})
	case matches[i].State == event.Skipped:
		t.fail(Failure{Place: e.Place, Webhook: e.Webhook, Text: `does not match: it is inactive, and on_inactive is "skip"`})
	case matches[i].State == event.Failed:
		t.fail(t.matchFailed(e.Place, matches[i]))
	default:
		if s := t.send(w, e.Place, e.Respond); s != nil {
			t.seen.checked(w, e)
			t.check(e, w, s)
		}
	}
}

func (t *trial) matchFailed(at config.Place, m config.Match) Failure {
	if m.Class == event.Mapping {
		return Failure{Place: at, Webhook: m.Webhook, Text: "its order can't be told: " + m.Error, Details: t.stands(m.Webhook, m.Error)}
	}
	return Failure{Place: at, Webhook: m.Webhook, Text: "its filter fails on this event: " + m.Error, Details: t.stands(m.Webhook, "filter: ")}
}

// whyNot says why a webhook does not match.
func (t *trial) whyNot(w *outbound.Webhook) string {
	if _, subscribed := w.Subscribed(t.test.Event.Type); !subscribed {
		return unsubscribed(w, t.test.Event.Type)
	}
	text := "its filter says no"
	if read := shown(saw(w.Filter, outbound.Scope(&t.test.Event))); len(read) > 0 {
		text += ": " + strings.Join(read, ", ")
	}
	return text
}

// send makes the request of a webhook that matches.
func (t *trial) send(w *outbound.Webhook, at config.Place, respond []outbound.Reply) *sent {
	s, err := send(t.world.g, w, t.test, respond, t.version)
	if err != nil {
		t.unmade = true
		t.fail(Failure{Place: at, Webhook: w.Name, Text: "its request can't be made: " + err.Error(), Details: t.stands(w.Name, err.Error())})
		return nil
	}
	t.sent[w.Name] = s
	return s
}

// stands tells where a setting is written, of an error that begins with its name.
func (t *trial) stands(webhook, text string) []string {
	for _, s := range t.world.g.Settings(webhook) {
		if strings.HasPrefix(text, s.Name+": ") && s.Place.File != "" {
			return []string{s.Name + " stands at " + s.Place.String()}
		}
	}
	return nil
}

// others fails a test for each webhook that matches and is not named in it.
func (t *trial) others(matches []config.Match) {
	for _, m := range matches {
		named := slices.ContainsFunc(t.test.Expects, func(e config.Expect) bool { return e.Webhook == m.Webhook })
		if named || m.State == event.Skipped {
			continue
		}
		if m.State == event.Failed {
			t.fail(t.matchFailed(t.test.Place, m))
			continue
		}
		t.fail(Failure{Place: t.test.Place, Webhook: m.Webhook, Text: "matches, and this test does not expect it",
			edit: &config.Edit{In: t.test, Expect: []string{m.Webhook}}})
		t.send(t.world.g.Plan.Webhooks[m.Webhook], t.test.Place, nil)
	}
}
