package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
)

// A candidate is what a word may become.
type candidate struct{ word, about string }

// What stands in place of a word where the shell knows better.
const (
	completeFiles = ":files"
	completeDirs  = ":dirs"
)

// A completer stands at the last word of a command line.
type completer struct {
	verb     *kong.Node
	argument int             // place among the verb's arguments
	given    map[string]bool // flags before it
	config   string          // the value of --config; empty: none was given
	value    *kong.Flag      // whose value the last word is; nil: of none
	plain    bool            // behind --: no flags follow
	last     string
}

// newCompleter reads the words before the last one.
func newCompleter(app *kong.Node, words []string) *completer {
	c := &completer{verb: app, given: map[string]bool{}}
	words = joined(words)
	if len(words) == 0 {
		return c
	}
	for _, word := range words[:len(words)-1] {
		c.read(word)
	}
	c.last = words[len(words)-1]
	if name, value, found := strings.Cut(c.last, "="); found && c.value == nil && strings.HasPrefix(name, "--") && !c.plain {
		c.value, c.last = c.flag(name), value
	}
	return c
}

// joined puts together what bash parts at equals signs.
func joined(words []string) (out []string) {
	for i := 0; i < len(words); i++ {
		if words[i] != "=" || len(out) == 0 || !strings.HasPrefix(out[len(out)-1], "--") {
			out = append(out, words[i])
			continue
		}
		out[len(out)-1] += "="
		if i++; i < len(words) {
			out[len(out)-1] += words[i]
		}
	}
	return out
}

// read takes a word that is complete.
func (c *completer) read(word string) {
	switch {
	case c.value != nil:
		c.note(c.value, word)
		c.value = nil
	case word == "--":
		c.plain = true
	case strings.HasPrefix(word, "-") && len(word) > 1 && !c.plain:
		name, value, found := strings.Cut(word, "=")
		f := c.flag(name)
		switch {
		case f == nil:
		case found:
			c.note(f, value)
		case f.IsBool():
			c.given[f.Name] = true
		default:
			c.value = f
		}
	default:
		c.descend(word)
	}
}

func (c *completer) note(f *kong.Flag, value string) {
	c.given[f.Name] = true
	if f.Name == "config" {
		c.config = value
	}
}

// descend goes to the verb of that name, or counts an argument.
func (c *completer) descend(word string) {
	for _, child := range c.verb.Children {
		if child.Name == word {
			c.verb, c.argument = child, 0
			return
		}
	}
	if c.verb.DefaultCmd != nil {
		c.verb = c.verb.DefaultCmd
	}
	c.argument++
}

// flags are those of the verb, of the verbs above it, and of the one that it is
// by default.
func (c *completer) flags() (all []*kong.Flag) {
	for _, group := range c.verb.AllFlags(true) {
		all = append(all, group...)
	}
	if c.verb.DefaultCmd != nil {
		all = append(all, c.verb.DefaultCmd.Flags...)
	}
	return all
}

func (c *completer) flag(name string) *kong.Flag {
	for _, f := range c.flags() {
		if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

// candidates are what the last word may become, as far as the program knows.
func (c *completer) candidates(ctx context.Context) (all []candidate) {
	switch {
	case c.value != nil:
		all = c.values(ctx, c.value.Value, strings.ToUpper(c.value.PlaceHolder))
	case strings.HasPrefix(c.last, "-") && !c.plain:
		all = c.flagNames()
	default:
		all = append(c.verbNames(), c.arguments(ctx)...)
	}
	return slices.DeleteFunc(all, func(one candidate) bool {
		return !strings.HasPrefix(one.word, ":") && !strings.HasPrefix(one.word, c.last)
	})
}

func (c *completer) flagNames() (all []candidate) {
	for _, f := range c.flags() {
		if !f.Hidden && (!c.given[f.Name] || f.IsSlice()) {
			all = append(all, candidate{"--" + f.Name, firstSentence(f.Help)})
		}
	}
	return all
}

func (c *completer) verbNames() (all []candidate) {
	if c.argument > 0 {
		return nil
	}
	for _, child := range c.verb.Children {
		if !child.Hidden {
			all = append(all, candidate{child.Name, firstSentence(child.Help)})
		}
	}
	return all
}

func (c *completer) arguments(ctx context.Context) []candidate {
	args := c.verb.Positional
	if len(args) == 0 {
		return nil
	}
	at := min(c.argument, len(args)-1)
	if at < c.argument && !args[at].IsSlice() {
		return nil
	}
	return c.values(ctx, args[at], strings.ToUpper(args[at].Name))
}

// values are those that a flag or an argument may have; kind is what help calls
// them.
func (c *completer) values(ctx context.Context, v *kong.Value, kind string) []candidate {
	if v.Enum != "" {
		return named(slices.DeleteFunc(v.EnumSlice(), func(word string) bool { return word == "" }))
	}
	switch kind {
	case "FILE", "PATH", "EVENT":
		return []candidate{{completeFiles, ""}}
	case "DIR":
		return []candidate{{completeDirs, ""}}
	case "STATE":
		return named(console.States())
	case "CLASS":
		return named(console.Classes())
	case "NAME", "WEBHOOK", "TO":
		return named(c.declared(ctx, webhookNames))
	case "TYPE":
		return named(c.declared(ctx, eventTypes))
	}
	return nil
}

// declared are names of the configuration, as far as it can be read.
func (c *completer) declared(ctx context.Context, of func(*config.Generation) []string) []string {
	g := configFlag{Config: c.config}.peek(ctx)
	if g == nil {
		return nil
	}
	// What a shell would take apart is typed by hand.
	return slices.DeleteFunc(of(g), func(name string) bool { return shellWord(name) != name })
}

func webhookNames(g *config.Generation) []string {
	return slices.Sorted(maps.Keys(g.Plan.Webhooks))
}

func eventTypes(g *config.Generation) (names []string) {
	for _, e := range g.Events {
		names = append(names, e.Name)
	}
	return names
}

func named(words []string) (all []candidate) {
	for _, word := range words {
		all = append(all, candidate{word, ""})
	}
	return all
}

// firstSentence is help on one line of a menu.
func firstSentence(help string) string {
	sentence, _, _ := strings.Cut(help, ". ")
	sentence, _, _ = strings.Cut(sentence, ": ")
	return strings.TrimSuffix(sentence, ".")
}
