package dryrun

import (
	"slices"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

// Coverage is what no test looks at, each in the order of the files.
type Coverage struct {
	Webhooks []Uncovered // that no test reaches
	Filters  []Uncovered // Name: "never true", "never false"
	Fields   []Uncovered // of payloads, that no test checks; Name: payload.contact.email
}

// An Uncovered is one of them.
type Uncovered struct {
	Webhook string
	Name    string
	Place   config.Place
}

// Complete tells that nothing is left out.
func (c *Coverage) Complete() bool { return len(c.Webhooks)+len(c.Filters)+len(c.Fields) == 0 }

// A seen gathers what tests reach.
type seen struct {
	matched map[string]bool
	said    map[string]map[bool]bool // by webhook: what its filter said
	whole   map[string]bool          // webhooks whose payload is checked as it is
	parts   map[string][]string      // of the others: paths such as .contact.email
}

func newSeen() *seen {
	return &seen{matched: map[string]bool{}, said: map[string]map[bool]bool{}, whole: map[string]bool{}, parts: map[string][]string{}}
}

// event notes who matches, and what filters said.
func (s *seen) event(g *config.Generation, e *event.Event, matches []config.Match) {
	for _, w := range g.Webhooks() {
		if _, subscribed := w.Subscribed(e.Type); !subscribed {
			continue
		}
		i := slices.IndexFunc(matches, func(m config.Match) bool { return m.Webhook == w.Name })
		if i >= 0 && matches[i].State == event.Failed {
			continue
		}
		if s.said[w.Name] == nil {
			s.said[w.Name] = map[bool]bool{}
		}
		s.said[w.Name][i >= 0] = true
		if i >= 0 && matches[i].State == event.Pending {
			s.matched[w.Name] = true
		}
	}
}

// checked notes which parts of a payload an expectation compares.
func (s *seen) checked(w *outbound.Webhook, e *config.Expect) {
	inQuery := w.Method == "GET" && (e.Query != nil || e.URL != nil)
	if e.JSON != nil || e.Form != nil || e.Body != nil || inQuery {
		s.whole[w.Name] = true
	}
	if e.JSONContains != nil {
		s.part(w.Name, e.JSONContains, "")
	}
}

func (s *seen) part(webhook string, w *config.Wanted, path string) {
	if !w.Object || len(w.Fields) == 0 {
		s.parts[webhook] = append(s.parts[webhook], path)
		return
	}
	for _, f := range w.Fields {
		s.part(webhook, f.Value, path+step(f.Name))
	}
}

// asked notes what a condition reads: requests.crm.json.email.
func (s *seen) asked(g *config.Generation, read []Seen) {
	for _, w := range g.Webhooks() {
		for _, r := range read {
			part, ok := strings.CutPrefix(r.Path, "requests"+step(w.Name))
			if !ok {
				continue
			}
			if slices.Contains([]string{".body", ".json"}, part) || covered(part, []string{".form"}) {
				s.whole[w.Name] = true
			}
			if path, ok := strings.CutPrefix(part, ".json"); ok && covered(part, []string{".json"}) {
				s.parts[w.Name] = append(s.parts[w.Name], path)
			}
		}
	}
}

// coverage is what is left. Places are those of the configuration.
func (s *seen) coverage(g *config.Generation) *Coverage {
	c := &Coverage{}
	for _, w := range g.Webhooks() {
		settings := g.Settings(w.Name)
		if !s.matched[w.Name] {
			c.Webhooks = append(c.Webhooks, Uncovered{Webhook: w.Name, Place: placeOf(settings, "url")})
			continue
		}
		if w.Filter != nil {
			for _, answer := range []bool{true, false} {
				if !s.said[w.Name][answer] {
					c.Filters = append(c.Filters, Uncovered{w.Name, map[bool]string{true: "never true", false: "never false"}[answer], placeOf(settings, "filter")})
				}
			}
		}
		if s.whole[w.Name] {
			continue
		}
		for _, one := range settings {
			path, isField := strings.CutPrefix(one.Name, "payload")
			if isField && !covered(path, s.parts[w.Name]) {
				c.Fields = append(c.Fields, Uncovered{w.Name, one.Name, one.Place})
			}
		}
	}
	return c
}

func placeOf(settings []config.Setting, name string) config.Place {
	s, _ := settingOf(settings, name)
	return s.Place
}

// covered tells whether a path, or what it is in, is one of those checked.
func covered(path string, checked []string) bool {
	return slices.ContainsFunc(checked, func(c string) bool {
		rest, within := strings.CutPrefix(path, c)
		return within && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}
