package outbound

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/expr"
)

// text reads a test's shorthand: {x} is the expression x, <name> a secret.
func text(t testing.TB, s string) expr.Text {
	t.Helper()
	var out expr.Text
	for s != "" {
		i := strings.IndexAny(s, "{<")
		if i != 0 {
			if i < 0 {
				i = len(s)
			}
			out.Parts = append(out.Parts, expr.Part{Literal: s[:i]})
			s = s[i:]
			continue
		}
		end := strings.IndexAny(s, "}>")
		if s[0] == '<' {
			out.Parts = append(out.Parts, expr.Part{Secret: s[1:end]})
		} else {
			p, err := expr.Compile(s[1:end], expr.Value)
			if err != nil {
				t.Fatal(err)
			}
			out.Parts = append(out.Parts, expr.Part{Expr: p})
		}
		s = s[end+1:]
	}
	return out
}

func lookIn(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

func mustURL(t testing.TB, s string) *URL {
	t.Helper()
	u, err := NewURL(text(t, s), lookIn(map[string]string{"env:TOKEN": "T0/B1/x?y=z", "env:HOST": "hooks.example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestURLKeepsValuesWhereTheyStand(t *testing.T) {
	data := `{"id":"42","evil":"../../admin?x=1#y","slash":"a/b","space":"a b&c=d","dot":".","dots":"..","none":null,"empty":"","uni":"Zoë","nl":"a\r\nb","pct":"%2e%2e","list":[1]}`
	scope := expr.NewScope(expr.Event{ID: "evt_1", Type: "t", Data: []byte(data)})
	for _, tt := range []struct{ url, want, err string }{
		{url: "https://h/u/{id}", want: "https://h/u/42"},
		{url: "https://h/u/{evil}/x", want: "https://h/u/..%2F..%2Fadmin%3Fx=1%23y/x"},
		{url: "https://h/{slash}", want: "https://h/a%2Fb"},
		{url: "https://h/a%2Fb/{space}/c d/{uni}", want: "https://h/a%2Fb/a%20b&c=d/c%20d/Zo%C3%AB"},
		{url: "https://h/{nl}?q={nl}", want: "https://h/a%0D%0Ab?q=a%0D%0Ab"},
		{url: "https://h/{pct}", want: "https://h/%252e%252e"},
		{url: "https://h/user-{none}", want: "https://h/user-"},
		{url: "https://h?q={space}", want: "https://h/?q=a+b%26c%3Dd"},
		{url: "https://h/p?a=b/c?d&q={evil}", want: "https://h/p?a=b/c?d&q=..%2F..%2Fadmin%3Fx%3D1%23y"},
		{url: "https://h/?q={none}", want: "https://h/?q="},
		{url: "https://h/s/<env:TOKEN>", want: "https://h/s/T0/B1/x?y=z"},
		{url: "https://<env:HOST>/x", want: "https://hooks.example.com/x"},
		{url: "HTTPS://Example.COM:443/A", want: "https://example.com/A"},
		{url: "https://h:8443", want: "https://h:8443/"},
		{url: "https://h/Zoë?n=Zoë \"x\"", want: "https://h/Zo%C3%AB?n=Zo%C3%AB%20%22x%22"},
		{url: "https://h/a|b/c%2Fd", want: "https://h/a%7Cb/c%2Fd"},
		{url: "https://h/{none}", err: "url: a path segment is null"},
		{url: "https://h/{missing.deep}/x", err: "url: a path segment is null"},
		{url: "https://h/{empty}", err: "url: a path segment is empty"},
		{url: "https://h/{dot}/x", err: `url: a path segment is "."`},
		{url: "https://h/{dots}", err: `url: a path segment is ".."`},
		{url: "https://h/.{dot}", err: `url: a path segment is ".."`},
		{url: "https://h/%2E{dot}/x", err: `url: a path segment is ".."`},
	} {
		t.Run(tt.url, func(t *testing.T) {
			got, err := mustURL(t, tt.url).render(scope)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if _, target, _ := strings.Cut(tt.want[len("https://"):], "/"); got.RequestURI() != "/"+target {
				t.Errorf("requests %s, want /%s", got.RequestURI(), target)
			}
		})
	}
}

func TestURLFailsOnAList(t *testing.T) {
	scope := expr.NewScope(expr.Event{Data: []byte(`{"list":[1]}`)})
	for _, s := range []string{"https://h/{list}", "https://h/?q={list}"} {
		if got, err := mustURL(t, s).render(scope); err == nil {
			t.Errorf("%s: got %s", s, got)
		}
	}
}

func TestNewURLRefuses(t *testing.T) {
	secrets := lookIn(map[string]string{"env:PASS": "hunter2hunter2", "env:NL": "x\n", "env:FRAG": "a#b"})
	for _, tt := range []struct{ url, want string }{
		{"", "no scheme"},
		{"example.com/x", "no scheme"},
		{"//example.com/x", "no scheme"},
		{"ftp://h/x", "its scheme is not https"},
		{"file:///etc/passwd", "its scheme is not https"},
		{"unix:///run/postern/postern.sock", "its scheme is not https"},
		{"http+unix://%2Frun%2Fpostern.sock/", "its scheme is not https"},
		{"https://", "no host"},
		{"https:///x", "no host"},
		{"https://:443/x", "no host"},
		{"https://h:/x", "port is empty"},
		{"https://h:0/", "1 to 65535"},
		{"https://h:99999/", "1 to 65535"},
		{"https://h:+80/", "1 to 65535"},
		{"https://h:80:90/", "1 to 65535"},
		{"https://user:hunter2@h/", "names a user"},
		{"https://user:<env:PASS>@h/", "names a user"},
		{"http://ok@127.0.0.2/", "names a user"},
		{"https://h/x#frag", "fragment"},
		{"https://h#@ok", "fragment"},
		{"http://127.0.0.2#@ok", "fragment"},
		{"https://h/<env:FRAG>", "fragment"},
		{"https://h/a\tb", "control character"},
		{"https://h/<env:NL>", "control character"},
		{"https://ok\\@127.0.0.2/", "backslash"},
		{"https://h/100%", "two hex digits"},
		{"https://h/?x=%zz", "two hex digits"},
		{"https://{host}/x", "expression stands before its path"},
		{"https://h{x}", "expression stands before its path"},
		{"https://h:{port}/", "expression stands before its path"},
		{"{all}", "expression stands before its path"},
		{"https://[127.0.0.1]/", "not an IPv6 address"},
		{"https://[::1/", "not an IPv6 address"},
		{"https://[::1%25eth0]/", "zone"},
		{"https://[fe80::1%eth0]/", "zone"},
		{"http://[fe80::1%lo]/", "zone"},
		{"http://[::1%25.example.com]/", "zone"},
		{"https://zoë.example/", "punycode"},
		{"https://①②⑦.0.0.1/", "punycode"},
		{"https://l\u03bfcalhost/", "punycode"}, // a Greek letter
		{"https://example.com\u2024evil.test/", "punycode"},
		{"https://127。0。0。1/", "punycode"},
		{"https://127.0.0.2%2f@ok/", "names a user"},
		{"https://127.0.0.2%2fok/", "may not hold"},
		{"https://a b/", "may not hold"},
		{"https://a..b/", "empty label"},
		{"https://h/<env:MISSING>", "env:MISSING has no value"},
	} {
		t.Run(tt.url, func(t *testing.T) {
			u, err := NewURL(text(t, tt.url), secrets)
			if err == nil {
				t.Fatalf("accepted as %s at %s", u, u.Host())
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want it to say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestURLHostHasAPort(t *testing.T) {
	for s, want := range map[string]string{
		"https://Example.com":        "example.com:443",
		"http://example.com/":        "example.com:80",
		"https://example.com:08443/": "example.com:8443",
		"https://[2001:DB8::1]/":     "[2001:db8::1]:443",
		"https://[::1]:9000/":        "[::1]:9000",
		"https://localhost./":        "localhost.:443",
		"http://2130706433/":         "2130706433:80",
	} {
		if got := mustURL(t, s).Host(); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}

func TestURLShowsNoSecret(t *testing.T) {
	u := mustURL(t, "https://h/s/<env:TOKEN>/{contact.id}?k=<env:TOKEN>&n={x}&lit=1&a%5Bb%5D=2")
	const want = "https://h/s/(sensitive)/${…}?k=(sensitive)&n=${…}&lit=1&a%5Bb%5D=2"
	for _, got := range []string{u.String(), fmt.Sprint(u), fmt.Sprintf("%+v", []*URL{u}[0]), fmt.Sprintf("%#v", u)} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if diff := cmp.Diff([]string{"k", "n", "lit", "a[b]"}, mustURL(t, "https://h/<env:TOKEN>?k=1&n={x}&{y}=3&<env:TOKEN>=4&lit=1&a%5Bb%5D=2").QueryNames()); diff != "" {
		t.Error(diff)
	}
}

func FuzzURLKeepsHostAndSegments(f *testing.F) {
	for _, s := range []string{"a", "..", ".", "/", "%2f", "a/../b", "?", "#", "@evil", "\\", "\r\n", "\xff", "；"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		data := []byte(`{"v":` + string(quoteJSON(value)) + `}`)
		got, err := mustURL(t, "https://h/a/{v}/z?k={v}").render(expr.NewScope(expr.Event{Data: data}))
		if err != nil {
			return
		}
		if got.Host != "h" || strings.Count(got.EscapedPath(), "/") != 3 || strings.ContainsAny(got.RequestURI(), " \r\n#\\") {
			t.Errorf("%q became %s", value, got)
		}
		if q := got.Query(); len(q) != 1 {
			t.Errorf("%q became the query %v", value, q)
		}
	})
}
