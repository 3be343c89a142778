package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/posternhq/postern/internal/secret"
)

// A Diff is what a reload changes, each list sorted.
type Diff struct {
	Added   []string `json:"added"`
	Changed []string `json:"changed"`
	Removed []string `json:"removed"`
}

// Compare tells what changes from old to new; restart names the blocks and
// attributes that differ and can't change while running ("listen", "console",
// "queue", "agent.data_dir"). old may be nil.
func Compare(old, new *Generation) (d Diff, restart []string) {
	d = Diff{Added: []string{}, Changed: []string{}, Removed: []string{}}
	var before map[string]string
	if old != nil {
		before = old.match.digests
	}
	after := new.match.digests
	for _, name := range slices.Sorted(maps.Keys(after)) {
		switch was, had := before[name]; {
		case !had:
			d.Added = append(d.Added, name)
		case was != after[name]:
			d.Changed = append(d.Changed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[name]; !stays {
			d.Removed = append(d.Removed, name)
		}
	}
	if old != nil {
		restart = needRestart(old, new)
	}
	return d, restart
}

// Refuse holds the two rules by which a generation that loads can't take the
// place of old: what needs a restart, as Compare names it, and webhooks that all
// are gone. nil: it can.
func Refuse(old, new *Generation, restart []string) Diagnostics {
	if len(restart) > 0 {
		return Diagnostics{{
			Summary: "A change of " + strings.Join(restart, ", ") + " needs a restart.",
			Detail:  "Restart the agent, or change it back. Nothing of this configuration is in force.",
		}}
	}
	if len(new.Plan.Webhooks) == 0 && len(old.Plan.Webhooks) > 0 && !new.Agent.AllowEmpty {
		return Diagnostics{{
			Summary: "No webhook is left.",
			Detail:  "This looks like a file that was emptied by mistake. If it is meant, write agent { allow_empty = true }.",
		}}
	}
	return nil
}

// A Change is a setting of a webhook that differs.
type Change struct {
	Name string `json:"name"`
	Old  string `json:"old"` // as Setting.Text; empty: there was none
	New  string `json:"new"` // likewise; the same as Old where a secret changed
}

// Changes tells setting by setting what changes from old to new: those that are
// new or other, in their order, then those that are gone. What differs in its
// order alone is one change, of the names.
func Changes(old, new []Setting) (changes []Change) {
	before := make(map[string]Setting, len(old))
	for _, s := range old {
		before[s.Name] = s
	}
	for _, s := range new {
		was, had := before[s.Name]
		if delete(before, s.Name); !had || was.sum != s.sum {
			changes = append(changes, Change{s.Name, was.Text, s.Text})
		}
	}
	for _, s := range old {
		if _, gone := before[s.Name]; gone {
			changes = append(changes, Change{s.Name, s.Text, ""})
		}
	}
	if len(changes) == 0 && digest(old) != digest(new) {
		changes = append(changes, Change{"order", names(old), names(new)})
	}
	return changes
}

// names are those of the settings whose order means something.
func names(all []Setting) string {
	var out []string
	for _, s := range all {
		if s.Value != nil && strings.ContainsAny(s.Name, ".[") {
			out = append(out, s.Name)
		}
	}
	return strings.Join(out, ", ")
}

func needRestart(old, new *Generation) (names []string) {
	if !slices.EqualFunc(old.Listen, new.Listen, sameListen) {
		names = append(names, "listen")
	}
	if !sameConsole(old.Console, new.Console) {
		names = append(names, "console")
	}
	if old.Queue != new.Queue {
		names = append(names, "queue")
	}
	if old.Agent.DataDir != new.Agent.DataDir {
		names = append(names, "agent.data_dir")
	}
	return names
}

func sameListen(a, b Listen) bool {
	return a.Kind == b.Kind && a.Address == b.Address && a.Path == b.Path && a.Mode == b.Mode &&
		sameSecret(a.Token, b.Token) && slices.Equal(a.Hosts, b.Hosts)
}

func sameConsole(a, b Console) bool {
	return a.Address == b.Address && sameSecret(a.Token, b.Token) && slices.Equal(a.Hosts, b.Hosts)
}

func sameSecret(a, b secret.Text) bool { return a.Equal(b.Reveal()) }
