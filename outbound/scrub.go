package outbound

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

const shortestScrubbed = 8 // bytes: shorter ones would mask plain words

// A scrubber masks the secrets of a plan in what receivers send back, in the
// spellings in which they may have got them.
type scrubber struct {
	needles  []string // longest first
	replacer *strings.Replacer
}

func newScrubber(p *Plan) *scrubber {
	found := map[string]bool{}
	add := func(value string) {
		if len(value) < shortestScrubbed {
			return
		}
		quoted := string(quoteJSON(value))
		for _, s := range []string{value, quoted[1 : len(quoted)-1], url.QueryEscape(value), url.PathEscape(value), base64.StdEncoding.EncodeToString([]byte(value))} {
			found[s] = true
		}
	}
	for _, t := range p.Secrets {
		add(t.Reveal())
	}
	for _, w := range p.Webhooks {
		add(w.Auth.Password.Reveal())
		add(w.Auth.Token.Reveal())
		add(w.Auth.Value.Reveal())
		if w.Auth.Kind == BasicAuth {
			add(strings.TrimPrefix(w.Auth.basic(), "Basic "))
		}
		for _, k := range w.Sign {
			add(k.bytes)
		}
	}
	s := &scrubber{}
	for needle := range found {
		s.needles = append(s.needles, needle)
	}
	slices.SortFunc(s.needles, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	pairs := make([]string, 0, 2*len(s.needles))
	for _, needle := range s.needles {
		pairs = append(pairs, needle, mask)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s
}

func (s *scrubber) text(t string) string { return s.replacer.Replace(t) }

// body is at most limit bytes of raw, masked. It ends before a secret that the
// limit would cut in two.
func (s *scrubber) body(raw []byte, limit int) (kept []byte, truncated bool) {
	end := len(raw)
	if end > limit {
		end, truncated = s.border(raw, limit), true
	}
	if end == 0 {
		return nil, truncated
	}
	kept = []byte(s.replacer.Replace(string(raw[:end])))
	if len(kept) > limit {
		kept, truncated = kept[:limit], true
	}
	return kept, truncated
}

// border is the last place at or before limit where no secret is cut.
func (s *scrubber) border(raw []byte, limit int) int {
	end := limit
	for _, needle := range s.needles {
		from := max(end-len(needle)+1, 0)
		to := min(end+len(needle)-1, len(raw))
		if i := bytes.Index(raw[from:to], []byte(needle)); i >= 0 {
			end = from + i
		}
	}
	return end
}
