package config

import (
	"net/url"
	"strings"
	"testing"

	"github.com/posternhq/postern/outbound"
)

// What is taken for a proxy has an address that can be dialled, and is no other
// host than a URL with it would name.
func FuzzParseProxy(f *testing.F) {
	for _, seed := range []string{"http://proxy:3128", "https://u:p%40@[::1]:1/", "HTTP://a", "http://a@b@c", "http://u:p/?#@h", "http://[::1]@h", "http://h:1:2", "socks5://h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseProxy(text)
		if err != nil {
			return
		}
		credentials := p.Credentials.Reveal()
		if p.Host == "" || p.Port == 0 || outbound.HasControl(credentials) || strings.HasPrefix(credentials, ":") {
			t.Fatalf("%q is %+v", text, p)
		}
		rest := text[strings.LastIndexByte(text, '@')+1:]
		if !strings.Contains(rest, "://") {
			rest = "http://" + rest
		}
		u, err := url.Parse(rest)
		if err != nil || !strings.EqualFold(u.Hostname(), p.Host) && !strings.Contains(p.Host, ":") {
			t.Fatalf("%q is %+v, a URL has %+v, %v", text, p, u, err)
		}
	})
}
