package config

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// An Edit changes one expected value of a test where it is written, or adds
// empty blocks expect to a test.
type Edit struct {
	Of   *Wanted
	JSON []byte // the whole new value

	// Of an object, what has to be done to make it JSON, where nothing but its
	// members differs; both empty: it is written anew. Members that stay are
	// edits of their own.
	Add  []Addition
	Drop []string

	In     *Test    // for blocks, in place of Of
	Expect []string // their webhooks
}

// An Addition is a new member of an object.
type Addition struct {
	Name string
	JSON []byte
}

// Place is what the edit changes.
func (e Edit) Place() Place {
	if e.Of == nil {
		return e.In.Place
	}
	return e.Of.Place
}

// Rewritable tells whether a value is written out in the files, and not taken
// from a local, a file or a function.
func (w *Wanted) Rewritable() bool { return w.literal }

// Rewrite makes the edits in copies of the files' contents; comments and layout
// stay, and a canonical layout stays canonical. Edits of what can't be rewritten are left out, as are those within a
// value that is written anew.
func Rewrite(files Files, edits []Edit) Files {
	out := Files{Dir: files.Dir, Files: slices.Clone(files.Files)}
	for i, f := range out.Files {
		text, bom := bytes.CutPrefix(f.Content, []byte("\ufeff"))
		r := rewriting{text: text, file: f.Name}
		for _, e := range edits {
			r.edit(e)
		}
		if len(r.splices) == 0 {
			continue
		}
		text = r.apply()
		if bom {
			text = append([]byte("\ufeff"), text...)
		}
		out.Files[i].Content = canonicalAs(f, text)
	}
	out.Hash = hash(out.Files)
	return out
}

// canonicalAs gives new text the canonical layout if the file had it.
func canonicalAs(f File, text []byte) []byte {
	if before, _ := Format(f); before == nil || !bytes.Equal(before, f.Content) {
		return text
	}
	if after, _ := Format(File{Name: f.Name, Content: text}); after != nil {
		return after
	}
	return text
}

// A rewriting is the edits of one file under way.
type rewriting struct {
	text    []byte
	file    string
	splices []splice
}

// A splice puts text in place of some bytes.
type splice struct {
	from, to int
	text     string
}

func (r *rewriting) edit(e Edit) {
	switch {
	case e.Of == nil:
		r.addExpects(e.In, e.Expect)
	case !e.Of.literal || e.Of.at.Filename != r.file:
	case len(e.Add) == 0 && len(e.Drop) == 0:
		r.renew(e)
	case !r.spread(e.Of) || !r.members(e):
		r.renew(e)
	}
}

func (r *rewriting) splice(from, to int, text string) {
	r.splices = append(r.splices, splice{from, to, text})
}

// renew writes the whole value.
func (r *rewriting) renew(e Edit) {
	at := e.Of.at
	text := r.value(e.JSON, r.indent(at.Start.Byte))
	if end := at.End.Byte; bytes.HasPrefix(r.text[at.Start.Byte:], []byte("<<")) && r.text[end-1] == '\n' {
		text += "\n" // a heredoc ends with its line
	}
	r.splice(at.Start.Byte, at.End.Byte, text)
}

// members takes whole lines out of an object that is spread over lines, and adds
// some at its end; false if the lines of a member that goes are not its own.
func (r *rewriting) members(e Edit) bool {
	var gone []splice
	for _, f := range e.Of.Fields {
		if !slices.Contains(e.Drop, f.Name) {
			continue
		}
		from, to, ok := r.lines(f.at)
		if !ok {
			return false
		}
		gone = append(gone, splice{from, to, ""})
	}
	r.splices = append(r.splices, gone...)
	end := r.lineStart(e.Of.at.End.Byte - 1)
	indent := r.indent(e.Of.at.Start.Byte) + "  "
	if n := len(e.Of.Fields); n > 0 {
		indent = r.indent(e.Of.Fields[n-1].at.Start.Byte)
	}
	for _, a := range e.Add {
		r.splice(end, end, indent+keyInHCL(a.Name)+" = "+r.value(a.JSON, indent)+r.newline())
	}
	return true
}

// spread tells whether the closing brace of an object has a line of its own.
func (r *rewriting) spread(w *Wanted) bool {
	end := w.at.End.Byte - 1
	start := r.lineStart(end)
	return start > w.at.Start.Byte && len(bytes.TrimSpace(r.text[start:end])) == 0
}

// lines are those of a member, if nothing but a comment stands beside it.
func (r *rewriting) lines(at hcl.Range) (from, to int, ok bool) {
	from = r.lineStart(at.Start.Byte)
	if r.text[at.End.Byte-1] == '\n' { // of a heredoc
		return from, at.End.Byte, len(bytes.TrimSpace(r.text[from:at.Start.Byte])) == 0
	}
	rest, _, _ := bytes.Cut(r.text[at.End.Byte:], []byte("\n"))
	to = min(at.End.Byte+len(rest)+1, len(r.text))
	rest = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimSpace(rest), []byte(",")), " \t")
	comment := len(rest) == 0 || bytes.HasPrefix(rest, []byte("#")) || bytes.HasPrefix(rest, []byte("//"))
	return from, to, comment && len(bytes.TrimSpace(r.text[from:at.Start.Byte])) == 0
}

// addExpects puts blocks at the end of a test.
func (r *rewriting) addExpects(t *Test, webhooks []string) {
	opened, closed := t.braces[0].End.Byte, t.braces[1].Start.Byte
	if t.braces[0].Filename != r.file {
		return
	}
	indent, text := r.indent(opened), ""
	for _, name := range webhooks {
		text += indent + `  expect "` + name + `" {}` + r.newline()
	}
	if start := r.lineStart(closed); start >= opened {
		r.splice(start, start, text)
		return
	}
	// A block on one line takes one attribute and no block.
	inner := r.text[opened:closed]
	body := bytes.TrimSpace(inner)
	if len(body) == 0 {
		r.splice(opened, closed, r.newline()+text+indent)
		return
	}
	from := opened + bytes.Index(inner, body)
	r.splice(opened, from, r.newline()+indent+"  ")
	r.splice(from+len(body), closed, r.newline()+text+indent)
}

// value writes JSON with the line ends of the file.
func (r *rewriting) value(json []byte, indent string) string {
	return strings.ReplaceAll(inHCL(json, indent), "\n", r.newline())
}

func (r *rewriting) lineStart(at int) int { return bytes.LastIndexByte(r.text[:at], '\n') + 1 }

// indent is the white space that the line of a place begins with.
func (r *rewriting) indent(at int) string {
	line := r.text[r.lineStart(at):]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// newline is how the file ends its lines.
func (r *rewriting) newline() string {
	if bytes.Contains(r.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// apply makes the splices from the last to the first. What lies within another
// gives way.
func (r *rewriting) apply() []byte {
	slices.SortStableFunc(r.splices, func(a, b splice) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to))
	})
	var out []byte
	at := 0
	for _, s := range r.splices {
		if s.from < at {
			continue
		}
		out = append(append(out, r.text[at:s.from]...), s.text...)
		at = s.to
	}
	return append(out, r.text[at:]...)
}
