package config

import (
	"fmt"
	"strings"
)

// Markdown is the reference of the configuration, its headings at this level
// and below.
func Markdown(level int) string {
	p := &page{level: level}
	for _, b := range fileBody.inner {
		p.block("", b)
	}
	return strings.TrimSpace(p.text.String()) + "\n"
}

// A page is Markdown as it is written.
type page struct {
	text  strings.Builder
	level int
}

func (p *page) say(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n\n", args...) }

func (p *page) heading(depth int, text string) {
	p.say("%s %s", strings.Repeat("#", p.level+depth), text)
}

// block describes a block; within is the name of the one around it.
func (p *page) block(within string, b block) {
	depth := 0
	title := "`" + b.name + "`"
	if b.label != "" {
		title = fmt.Sprintf("`%s \"%s\"`", b.name, b.label)
	}
	if within != "" {
		depth = 1
		title += " in `" + within + "`"
	}
	p.heading(depth, title)
	p.say("%s", b.about)
	if b.name == defaultsBlock.name || b.free {
		return
	}
	for _, v := range b.variants {
		p.say("`%s \"%s\"`: %s", b.name, v.label, v.about)
		p.table(v.body)
	}
	p.table(b.body)
	for _, inner := range b.body.inner {
		p.block(b.name, inner)
	}
}

func (p *page) table(shape bodyShape) {
	if len(shape.attributes) == 0 {
		return
	}
	p.text.WriteString("| attribute | is | default | meaning |\n|---|---|---|---|\n")
	for _, a := range shape.attributes {
		fmt.Fprintf(&p.text, "| `%s` | %s | %s | %s |\n", a.name, a.kind(), a.fallback(), a.about)
	}
	for _, b := range shape.inner {
		fmt.Fprintf(&p.text, "| `%s` | a block | none | %s |\n", b.name, b.about)
	}
	p.text.WriteString("\n")
}

// kind is what an attribute takes, and where expr may stand in it.
func (a attribute) kind() string {
	words := a.takes.words()
	if a.secret {
		words = "secret " + words
	}
	switch a.expr {
	case textExpr:
		return words + "; `expr` within"
	case everyExpr:
		return words + "; `expr` at any depth"
	}
	return words
}

// fallback is what holds where an attribute is not written.
func (a attribute) fallback() string {
	switch d := a.def(); {
	case a.required:
		return "required"
	case a.absent != "":
		return a.absent
	case d != nil:
		return "`" + strings.Trim(asWritten(d), `"`) + "`"
	}
	return "none"
}
