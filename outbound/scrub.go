package outbound

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
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
	next     *scrubber // whose turn is then; nil: nobody's
}

func newScrubber(p *Plan) *scrubber {
	found := map[string]bool{}
	add := func(values ...string) {
		for _, value := range values {
			if len(value) < shortestScrubbed {
				continue
			}
			for _, s := range spellings(value) {
				found[s] = true
			}
		}
	}
	for _, t := range p.Secrets {
		add(t.Reveal())
		add(behindHost(t.Reveal())...)
	}
	if p.Egress.Proxy != nil {
		add(p.Egress.Proxy.Credentials.Reveal())
	}
	for _, w := range p.Webhooks {
		add(w.Auth.Password.Reveal())
		add(w.Auth.Token.Reveal())
		add(w.Auth.Value.Reveal())
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
	return scrubberOf(found)
}

// with masks one more value, such as a token that was fetched.
func (s *scrubber) with(value string) *scrubber {
	found := map[string]bool{}
	if len(value) >= shortestScrubbed {
		for _, spelling := range spellings(value) {
			found[spelling] = true
		}
	}
	first := scrubberOf(found)
	first.next = s
	return first
}

func scrubberOf(found map[string]bool) *scrubber {
	s := &scrubber{needles: slices.SortedFunc(maps.Keys(found), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})}
	pairs := make([]string, 0, 2*len(s.needles))
	for _, needle := range s.needles {
		pairs = append(pairs, needle, mask)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s
}

// spellings are the ways in which a value is sent, and in which it comes back:
// JSON is written with and without escapes for HTML and for "/".
func spellings(value string) []string {
	plain := inner(quoteJSON(value))
	marked, _ := json.Marshal(value) // a string can always be encoded
	html := inner(marked)
	return []string{
		value, url.QueryEscape(value), url.PathEscape(value), escapeText(value, queryMarks),
		base64.StdEncoding.EncodeToString([]byte(value)),
		plain, strings.ReplaceAll(plain, "/", `\/`), html, strings.ReplaceAll(html, "/", `\/`),
	}
}

// behindHost are the parts of a secret that is a URL, or the start of one, that
// stand behind its host: a receiver that echoes a request, or redirects it,
// repeats those without the host.
func behindHost(value string) []string {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return nil
	}
	parts := []string{u.RequestURI(), u.Path}
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	return parts
}

func (s *scrubber) text(t string) string {
	for ; s != nil; s = s.next {
		t = s.replacer.Replace(t)
	}
	return t
}

// presentable makes an error text fit to be stored and shown.
func (s *scrubber) presentable(text string) string { return clean(s.text(text), longestError) }

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
	kept = []byte(s.text(string(raw[:end])))
	if len(kept) > limit {
		kept, truncated = kept[:limit], true
	}
	return kept, truncated
}

// border is the last place at or before limit where no secret is cut.
func (s *scrubber) border(raw []byte, limit int) int {
	end := limit
	for _, needle := range s.every() {
		from := max(end-len(needle)+1, 0)
		to := min(end+len(needle)-1, len(raw))
		if i := bytes.Index(raw[from:to], []byte(needle)); i >= 0 {
			end = from + i
		}
	}
	return end
}

// every lists the needles of all turns.
func (s *scrubber) every() []string {
	if s.next == nil {
		return s.needles
	}
	return slices.Concat(s.needles, s.next.every())
}
