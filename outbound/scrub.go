package outbound

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	shortestScrubbed = 8  // bytes: shorter ones would mask plain words
	shortestSegment  = 16 // bytes of a URL's path: shorter ones are often words
)

// A scrubber masks the secrets of a plan in what receivers send back, in every
// encoding in which they may have got them. It looks for what was sent, for that
// in base64 and in hex (needles), and for all of these behind escapes that the
// receiver has put around what it repeats (views).
type scrubber struct {
	needles func() *needles
	next    *scrubber // looks, too; nil: nobody does
}

func newScrubber(p *Plan) *scrubber {
	n := newNeedles(spelled(p.sensitive()))
	return &scrubber{needles: func() *needles { return n }}
}

// with masks one more value, such as a token that was fetched.
func (s *scrubber) with(value string) *scrubber {
	return &scrubber{needles: sync.OnceValue(func() *needles { return newNeedles(spelled([]string{value})) }), next: s}
}

// sensitive are the values that are sent, and those that may be seen in them.
func (p *Plan) sensitive() (values []string) {
	add := func(more ...string) { values = append(values, more...) }
	for _, t := range p.Secrets {
		add(t.Reveal())
		add(behindHost(t.Reveal())...)
	}
	if p.Egress.Proxy != nil {
		credentials := p.Egress.Proxy.Credentials.Reveal()
		_, password, _ := strings.Cut(credentials, ":")
		add(credentials, password)
	}
	for _, w := range p.Webhooks {
		add(w.Auth.Password.Reveal(), w.Auth.Token.Reveal(), w.Auth.Value.Reveal())
		if o := w.Auth.OAuth; o != nil {
			add(o.ClientSecret.Reveal(), base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(o.ClientID)+":"+url.QueryEscape(o.ClientSecret.Reveal()))))
		}
		if w.Auth.Kind == BasicAuth {
			add(strings.TrimPrefix(w.Auth.basic(), "Basic "))
		}
		for _, k := range w.Sign.Keys {
			add(k.bytes)
		}
	}
	return values
}

// behindHost are the parts of a secret that is a URL, or the start of one, that
// stand behind its host: a receiver that echoes a request, or redirects it,
// repeats those without the host, and some but a segment of its path.
func behindHost(value string) []string {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return nil
	}
	parts := []string{u.RequestURI(), u.Path}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if len(segment) >= shortestSegment {
			parts = append(parts, segment)
		}
	}
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	return parts
}

// spelled are values in all spellings, without those that are too short.
func spelled(values []string) map[string]bool {
	found := map[string]bool{}
	for _, value := range values {
		if len(value) < shortestScrubbed {
			continue
		}
		for _, sent := range spellings(value) {
			found[sent], found[hex.EncodeToString([]byte(sent))], found[strings.ToUpper(hex.EncodeToString([]byte(sent)))] = true, true, true
			for _, within := range inBase64(sent) {
				found[within] = true
			}
		}
	}
	return found
}

// spellings are the ways in which a value is sent.
func spellings(value string) []string {
	inJSON := inner(quoteJSON(value))
	all := []string{value, inJSON, url.QueryEscape(value), url.QueryEscape(inJSON), url.PathEscape(value), escapeText(value, queryMarks)}
	if plain, err := url.PathUnescape(value); err == nil && len(plain) >= shortestScrubbed {
		all = append(all, plain) // of one that was escaped already when it was put into a URL
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// inBase64 is a value's base64 where it stands alone, and what of it is the same
// whatever is around the value, at one of three places: user:password, a request.
func inBase64(value string) (all []string) {
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		all = append(all, encoding.EncodeToString([]byte(value)), encoding.WithPadding('=').EncodeToString([]byte(value)))
		for before := range 3 {
			shifted := append(make([]byte, before), value...)
			whole := encoding.EncodeToString(shifted)
			all = append(all, whole[(before*8+5)/6:len(shifted)*8/6])
		}
	}
	return all
}

// A span is a part of a text, in bytes.
type span struct{ from, to int }

// spans are where secrets stand, by rising place, none over another. With ends,
// the end of the text may have cut one off.
func (s *scrubber) spans(text []byte, ends bool) (all []span) {
	whole := view{text: text}
	whole.look(mostLayers, func(v *view) {
		for t := s; t != nil; t = t.next {
			n := t.needles()
			n.find(v.text, func(from, to int) { all = append(all, span{v.place(from), v.place(to)}) })
			if !ends {
				continue
			}
			if i := n.cut(v.text); i >= 0 {
				all = append(all, span{v.place(i), len(text)})
			}
		}
	})
	return joined(all)
}

// joined are spans in order, of which those that overlap are one.
func joined(all []span) (out []span) {
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, s := range all {
		if last := len(out) - 1; last >= 0 && s.from < out[last].to {
			out[last].to = max(out[last].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// masked is a text with a mask in place of each span.
func masked(text []byte, spans []span) []byte {
	out := make([]byte, 0, len(text)+len(spans)*len(mask))
	last := 0
	for _, s := range spans {
		out = append(append(out, text[last:s.from]...), mask...)
		last = s.to
	}
	return append(out, text[last:]...)
}

func (s *scrubber) text(t string) string {
	return string(masked([]byte(t), s.spans([]byte(t), false)))
}

// mostWords of a receiver are looked at: more than are shown.
const mostWords = 1 << 10

// words masks what an error quotes of a receiver. That may be the start of a secret,
// up to its first space, say.
func (s *scrubber) words(t string) string {
	raw := []byte(t)[:min(len(t), mostWords)]
	all := s.spans(raw, true)
	from := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '\\': // what it escapes ends nothing
			i++
		case '"':
			for _, one := range s.spans(raw[from:i], true) {
				all = append(all, span{from + one.from, from + one.to})
			}
			from = i + 1
		}
	}
	return string(masked(raw, joined(all)))
}

// presentable makes an error text fit to be stored and shown.
func (s *scrubber) presentable(text string) string { return clean(s.text(text), longestError) }

// ahead is how far behind the end of what is kept a secret is looked for that
// begins before it.
const ahead = 4 << 10

// body is at most limit bytes of raw, masked. It ends before a secret that the
// limit would cut in two.
func (s *scrubber) body(raw []byte, limit int) (kept []byte, truncated bool) {
	truncated = len(raw) > limit
	raw = raw[:min(len(raw), limit+ahead)]
	end, spans := min(len(raw), limit), s.spans(raw, true)
	for i, one := range spans {
		if one.to > end {
			end, spans = min(end, one.from), spans[:i]
			break
		}
	}
	if end == 0 {
		return nil, truncated
	}
	kept = masked(raw[:end], spans)
	if len(kept) > limit {
		kept, truncated = kept[:limit], true
	}
	return kept, truncated
}
