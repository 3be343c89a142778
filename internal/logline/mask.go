package logline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"

	"github.com/posternhq/postern/internal/secret"
)

// minMasked is the shortest secret that is masked, in bytes.
const minMasked = 8

// fewForms are looked for one by one, which is faster than all at once.
const fewForms = 16

// A mask replaces secrets in encoded lines.
type mask struct {
	text forms // in text, and in JSON within it
	json forms // in JSON alone, whose own characters it can't hit
}

// Forms are what secrets look like.
type forms struct {
	few  [][]byte // all of them, unless they are many
	many bool
	all  *strings.Replacer
}

// in is a text with the secrets in it masked.
func (f *forms) in(text string) string { return f.all.Replace(text) }

// hide masks them in a buffer.
func (f *forms) hide(b *buffer.Buffer) {
	if !f.many && !slices.ContainsFunc(f.few, func(form []byte) bool { return bytes.Contains(b.Bytes(), form) }) {
		return
	}
	masked := f.in(b.String())
	b.Reset()
	b.AppendString(masked)
}

func newMask(secrets []secret.Text) *mask {
	text, inJSON := make(map[string]bool), make(map[string]bool)
	for _, s := range secrets {
		v := s.Reveal()
		if len(v) < minMasked {
			continue
		}
		for _, form := range spellings(v) {
			text[form] = true
			for _, escaped := range escapings(form) {
				text[escaped], inJSON[escaped] = true, true
			}
		}
	}
	return &mask{newForms(text), newForms(inJSON)}
}

// spellings are the ways in which errors and URLs write a value.
func spellings(v string) []string {
	quoted := strconv.Quote(v)
	return []string{v, quoted[1 : len(quoted)-1], url.QueryEscape(v), url.PathEscape(v)}
}

// escapings are the ways in which a JSON string may hold a text: zap's own, and
// those of encoding/json, which zap uses for structs.
func escapings(s string) []string {
	var all []string
	zaps := zapcore.NewJSONEncoder(zapcore.EncoderConfig{SkipLineEnding: true})
	zaps.AddString("", s)
	if buf, err := zaps.EncodeEntry(zapcore.Entry{}, nil); err == nil {
		all = append(all, strings.TrimSuffix(strings.TrimPrefix(buf.String(), `{"":"`), `"}`))
		buf.Free()
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	for _, html := range []bool{false, true} {
		b.Reset()
		e.SetEscapeHTML(html)
		if e.Encode(s) == nil {
			encoded := b.String()
			all = append(all, encoded[len(`"`):len(encoded)-len("\"\n")])
		}
	}
	return all
}

// newForms puts the longest first: a secret that begins with another one is
// masked whole.
func newForms(found map[string]bool) forms {
	longestFirst := slices.SortedFunc(maps.Keys(found), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	pairs := make([]string, 0, 2*len(longestFirst))
	for _, f := range longestFirst {
		pairs = append(pairs, f, secret.Text{}.String())
	}
	f := forms{many: len(longestFirst) > fewForms, all: strings.NewReplacer(pairs...)}
	for _, form := range longestFirst[:min(len(longestFirst), fewForms)] {
		f.few = append(f.few, []byte(form))
	}
	return f
}
