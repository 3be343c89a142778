package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// scalar reads a value that is one text, number or boolean; want says what it
// should be. ok is false after a problem, and for what is not known without
// the environment.
func (l *loader) scalar(n node, want string) (r reading, ok bool) {
	if n == nil {
		return r, false
	}
	r, ok = l.read(n)
	switch {
	case ok:
		return r, r.known
	case fromEvents(n):
		l.fail(n.at(), `Settings are the same for all events: write the value itself, or env("…").`, `expr("…") can't be the value of a setting.`)
	default:
		l.fail(n.at(), "", "%s", want)
	}
	return r, false
}

// parsed reads a text and parses it once; def stands if there is none, or a bad one.
func parsed[T any](s *section, name string, def T, parse func(string) (T, error)) T {
	if v, ok := parseNode(s.l, s.node(name), parse); ok {
		return v
	}
	return def
}

func parseNode[T any](l *loader, n node, parse func(string) (T, error)) (v T, ok bool) {
	r, ok := l.scalar(n, "This is one value, not an object or list.")
	if !ok {
		return v, false
	}
	v, err := parse(r.text)
	if err != nil {
		l.failWith(n.at(), err)
		return v, false
	}
	return v, true
}

// text is an attribute's text as it is.
func (s *section) text(name string) string {
	return parsed(s, name, taken[takesText](s, name).fixed, asItIs)
}

func asItIs(text string) (string, error) { return text, nil }

// open is a text that is shown to people: no secret, no control characters.
func (s *section) open(name string) string {
	text, _ := s.opened(name)
	return text
}

// opened is open; ok is false after a problem, and for what is not written or
// not known without the environment.
func (s *section) opened(name string) (text string, ok bool) {
	n := s.node(name)
	r, ok := s.l.scalar(n, name+" is a text.")
	if r.sensitive {
		s.l.fail(n.at(), "If it is none, write plain(…) around it.", "%s is shown to people, and can't hold a secret.", name)
	}
	return r.text, ok && !r.sensitive
}

// choice is one of a few words.
func (s *section) choice(name string) string {
	t := taken[takesChoice](s, name)
	words := t.choices
	return parsed(s, name, t.fixed, func(text string) (string, error) {
		if slices.Contains(words, text) {
			return text, nil
		}
		return "", fault{fmt.Sprintf("%s is %s.", name, oneOf(words)), suggest(text, words)}
	})
}

func (s *section) boolean(name string) bool {
	return parsed(s, name, taken[takesBool](s, name).fixed, func(text string) (bool, error) {
		switch text {
		case "true", "false":
			return text == "true", nil
		}
		return false, fault{name + " is true or false.", "Write " + name + " = true or " + name + " = false."}
	})
}

func (s *section) integer(name string) int {
	t := taken[takesInt](s, name)
	return parsed(s, name, t.fixed, func(text string) (int, error) {
		if v, err := strconv.Atoi(text); err == nil && t.least <= v && v <= t.most {
			return v, nil
		}
		return 0, fault{fmt.Sprintf("%s is a whole number from %d to %d.", name, t.least, t.most), ""}
	})
}

func (s *section) duration(name string) time.Duration {
	t := taken[takesDuration](s, name)
	return parsed(s, name, t.fixed, durationOf(name, t))
}

func durationOf(name string, t takesDuration) func(string) (time.Duration, error) {
	return durationWithin(name, t.least, t.most)
}

func (s *section) size(name string) int64 {
	t := taken[takesSize](s, name)
	return parsed(s, name, t.fixed, sizeWithin(name, t.least, t.most))
}

// chosen is a choice or text that is parsed into something else, its default
// as well.
func chosen[T any](s *section, name string, parse func(string) (T, error)) T {
	var written string
	if n := named(s.shape.attributes, name).takes.def(); n != nil {
		written = n.(*literal).text
	}
	def, _ := parse(written)
	return parsed(s, name, def, parse)
}

// secret is a sensitive text. literal tells that its value stands in the files.
func (s *section) secret(name string) (value secret.Text, literal bool) {
	r, ok := s.l.scalar(s.node(name), name+" is a text.")
	if !ok {
		return secret.Text{}, false
	}
	if !r.sensitive {
		s.l.conceal(r.text)
	}
	return secret.New(r.text), !r.sensitive
}

// warnLiteral is for a secret that everybody who reads the file can see, or that
// was meant to be one from elsewhere.
func (l *loader) warnLiteral(at hcl.Range, what, text string) {
	if variablePattern.MatchString(text) {
		l.warn(at, `Write env("NAME") for a variable of the environment.`, "This %s is the text itself: a $ in it is not filled in.", what)
		return
	}
	l.warn(at, `Give it as env("NAME"), credential("name") or file("/run/secrets/…").`, "This %s can be read in the file.", what)
}

// variablePattern is how a shell writes a variable.
var variablePattern = regexp.MustCompile(`^\$(\w+|\{\w+\})$`)

// items are the elements of a list; ok is false if there is none, or a bad one.
func (s *section) items(name string) (items []node, ok bool) {
	n := s.node(name)
	if n == nil {
		return nil, false
	}
	if l, isList := n.(*array); isList {
		return l.items, true
	}
	if d, isDerived := n.(*derived); isDerived && !d.known {
		return nil, false
	}
	s.l.fail(n.at(), "Put it in brackets, items parted by commas.", "%s is a list: [ … ].", name)
	return nil, false
}

// each parses every element of a list of texts; bad ones are left out.
func each[T any](s *section, name string, parse func(string) (T, error)) []T {
	items, _ := s.items(name)
	out := make([]T, 0, len(items))
	for _, item := range items {
		if v, ok := parseNode(s.l, item, parse); ok {
			out = append(out, v)
		}
	}
	return out
}

// hosts are names in a Host header, without port, in lower case.
func (s *section) hosts() []string {
	return each(s, "hosts", func(text string) (string, error) {
		if text == "" || strings.ContainsAny(text, " /:@") || outbound.HasControl(text) {
			return "", fault{"A host is a name or an IPv4 address, without scheme and port.", `Write it like hosts = ["postern"].`}
		}
		return strings.ToLower(text), nil
	})
}
