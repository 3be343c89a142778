package dryrun

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// A world is a configuration loaded in the environment of a test, which is all
// that there is: no variable, credential or stored secret of this machine.
type world struct {
	g      *config.Generation // nil: it does not load
	wrong  config.Diagnostics
	known  map[string]string // what variables and secrets hold, by name
	stands []string          // the names of those that the test does not give
	asked  map[string]bool   // the names that the configuration asks for
}

// newWorld loads the files. What env does not have is made up.
func newWorld(files config.Files, env map[string]string) *world {
	w := &world{known: maps.Clone(env), asked: map[string]bool{}}
	w.g, w.wrong = config.Load(files, config.Inputs{
		Env: func(name string) (string, bool) {
			w.asked[name] = true
			value, ok := env[name]
			return value, ok
		},
		StandIn: w.standIn,
		Stored: func(_, webhook string) (secret.Text, error) {
			return secret.New(w.standIn("secret", webhook)), nil
		},
	})
	slices.Sort(w.stands)
	w.stands = slices.Compact(w.stands)
	return w
}

// standIn is the value of a secret that a test gives by its full name, such as
// credential:token, or one that tells where it comes from.
func (w *world) standIn(source, name string) string {
	full := name
	if source != "env" {
		full = source + ":" + name
	}
	w.asked[full] = true
	if given, ok := w.known[full]; ok {
		return given
	}
	value := "test-value-of-" + filepath.Base(name)
	w.known[full] = value
	w.stands = append(w.stands, full)
	return value
}

// failures tell why the configuration does not load here. Where a made-up value
// may be at fault, they say so.
func (w *world) failures() (all []Failure) {
	for _, d := range w.wrong {
		if d.Severity != config.Error {
			continue
		}
		f := Failure{Place: config.Place{File: d.File, Line: d.Line, Column: d.Column}, Text: strings.TrimSuffix(d.Summary, ".")}
		if d.Detail != "" {
			f.Details = append(f.Details, d.Detail)
		}
		if names := w.suspects(d); len(names) > 0 {
			f.Details = append(f.Details, "This test does not say what "+strings.Join(names, ", ")+" is: write env = { "+envName(names[0])+" = \"…\" } in it.")
		}
		all = append(all, f)
	}
	return all
}

// idle tells of a variable that nothing asks for: likely it is misspelt, and
// another one is made up.
func (w *world) idle(t *config.Test) (all []Failure) {
	for _, name := range slices.Sorted(maps.Keys(t.Env)) {
		if !w.asked[name] {
			all = append(all, Failure{Place: t.Place, What: "env", Text: "nothing in the configuration asks for " + name + meant(name, w.stands)})
		}
	}
	return all
}

// suspects are the made-up values that stand in the line of a problem, or else
// all of them.
func (w *world) suspects(d config.Diagnostic) []string {
	near := slices.DeleteFunc(slices.Clone(w.stands), func(full string) bool {
		return !strings.Contains(d.Snippet, `"`+full[strings.IndexByte(full, ':')+1:]+`"`)
	})
	if len(near) > 0 {
		return near
	}
	return w.stands
}

func envName(full string) string {
	if plainName.MatchString(full) {
		return full
	}
	return fmt.Sprintf("%q", full)
}

// envKey tells environments apart.
func envKey(env map[string]string) string {
	key, _ := json.Marshal(env) // names and texts can't fail; the names come sorted
	return string(key)
}

// literals are the secrets of a webhook that stand in the files themselves, not
// in a test: they are kept out of what is told.
func (w *world) literals(hook *outbound.Webhook) (texts []string) {
	add := func(shown, text string) {
		made := slices.ContainsFunc(slices.Collect(maps.Values(w.known)), func(value string) bool {
			return value == text || len(value) >= shortest && strings.Contains(text, value)
		})
		if len(text) >= shortest && !made {
			texts = append(texts, shown)
		}
	}
	a := hook.Auth
	for _, text := range []secret.Text{a.Password, a.Token, a.Value} {
		add(text.Reveal(), text.Reveal())
	}
	if a.Kind == outbound.BasicAuth {
		pair := a.Username + ":" + a.Password.Reveal()
		add(base64.StdEncoding.EncodeToString([]byte(pair)), a.Password.Reveal())
	}
	for _, s := range w.g.Settings(hook.Name) {
		if s.Text != hidden {
			continue
		}
		text := fixedText(s.Value)
		add(text, text)
	}
	return texts
}

const shortest = 8 // bytes of a secret that is looked for

func fixedText(n expr.Node) string {
	switch n := n.(type) {
	case *expr.Literal:
		if v, err := decode(n.JSON); err == nil {
			return v.text()
		}
	case *expr.Template:
		if len(n.Text.Parts) == 1 {
			return n.Text.Parts[0].Literal
		}
	}
	return ""
}
