package door

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	loopback4 = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7480}
	loopback6 = &net.TCPAddr{IP: net.IPv6loopback, Port: 7480}
	loopback2 = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 7480}
	port80    = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	outside   = &net.TCPAddr{IP: net.IPv4zero, Port: 7480}
	unix      = &net.UnixAddr{Name: "/run/postern.sock", Net: "unix"}

	token = secret.New("s3cret-token")
	with  = "Bearer s3cret-token"
)

// ask sends a request through the rules and answers the status; 204 is in.
func ask(t *testing.T, r Rules, at net.Addr, host string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	guarded, err := r.Guard(at, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	if err != nil {
		t.Fatal(err)
	}
	q := httptest.NewRequest("POST", "/v1/events?token=s3cret-token&access_token=s3cret-token", nil)
	q.Host = host
	for i := 0; i < len(header); i += 2 {
		q.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	guarded.ServeHTTP(w, q)
	return w
}

func TestHosts(t *testing.T) {
	for _, test := range []struct {
		at     net.Addr
		ours   string
		in     []string
		out421 []string
	}{
		{loopback4, "", []string{"localhost:7480", "LocalHost:7480", "127.0.0.1:7480", "[::1]:7480"},
			[]string{"", "localhost", "localhost:7481", "localhost.:7480", "127.0.0.1", "evil.example", "evil.example:7480", "localhost.evil.example:7480",
				"127.0.0.2:7480", "0.0.0.0:7480", "::1:7480", "127.1:7480", "localhost:7480:7480", "[::1]"}},
		{loopback6, "", []string{"localhost:7480", "[::1]:7480"}, []string{"[::]:7480", "evil.example:7480"}},
		{loopback2, "", []string{"localhost:7480", "127.0.0.2:7480"}, []string{"127.0.0.3:7480"}},
		{port80, "", []string{"localhost", "localhost:80", "127.0.0.1", "[::1]", "[::1]:80"}, []string{"localhost:7480", "::1", "evil.example"}},
		{loopback4, "postern", []string{"localhost:7480"}, []string{"postern", "postern:7480"}},
		{outside, "", []string{"", "anything", "postern:7480", "192.0.2.7:7480"}, nil},
		{outside, "postern,Gate:7480,[2001:db8::1]", []string{"postern", "postern:7480", "POSTERN:80", "gate:7480", "[2001:db8::1]", "[2001:DB8::1]:7480", "127.0.0.1:7480", "localhost:7480"},
			[]string{"", "gate", "gate:80", "postern.evil.example", "evil.example", "127.0.0.1.evil.example:7480", "2001:db8::1"}},
		{unix, "", []string{"", "localhost", "anything:1", "postern"}, nil},
	} {
		r := Rules{Token: token}
		if test.ours != "" {
			r.Hosts = strings.Split(test.ours, ",")
		}
		for _, host := range test.in {
			if w := ask(t, r, test.at, host, "Authorization", with); w.Code != 204 {
				t.Errorf("%s with hosts %q: Host %q is refused: %d %s", test.at, test.ours, host, w.Code, w.Body)
			}
		}
		for _, host := range test.out421 {
			if w := ask(t, r, test.at, host, "Authorization", with); w.Code != 421 {
				t.Errorf("%s with hosts %q: Host %q gets %d", test.at, test.ours, host, w.Code)
			}
		}
	}
}

func TestRequestsOfBrowsers(t *testing.T) {
	for name, test := range map[string]struct {
		header []string
		status int
	}{
		"a program":                   {nil, 204},
		"our page":                    {[]string{"Origin", "http://localhost:7480", "Sec-Fetch-Site", "same-origin"}, 204},
		"typed into the address bar":  {[]string{"Sec-Fetch-Site", "none"}, 204},
		"another site":                {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		"another site without Origin": {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another port":                {[]string{"Sec-Fetch-Site", "same-site"}, 403},
		"older browser":               {[]string{"Origin", "https://evil.example"}, 403},
		"other port, older browser":   {[]string{"Origin", "http://localhost:3000"}, 403},
		"other name of ours":          {[]string{"Origin", "http://127.0.0.1:7480"}, 403},
		"no port":                     {[]string{"Origin", "http://localhost"}, 403},
		"sandbox":                     {[]string{"Origin", "null"}, 403},
		"extension":                   {[]string{"Origin", "chrome-extension://localhost:7480"}, 403},
		"origin with a path":          {[]string{"Origin", "http://localhost:7480/x"}, 403},
		"origin with a user":          {[]string{"Origin", "http://x@localhost:7480"}, 403},
		"empty origin":                {[]string{"Origin", ""}, 403},
		"two origins":                 {[]string{"Origin", "http://localhost:7480", "Origin", "http://evil.example"}, 403},
		"unknown fetch site":          {[]string{"Sec-Fetch-Site", "new"}, 403},
		"websocket":                   {[]string{"Connection", "Upgrade", "Upgrade", "websocket"}, 403},
		"websocket of our origin":     {[]string{"Origin", "http://localhost:7480", "Upgrade", "h2c, WebSocket/13"}, 403},
		"websocket key alone":         {[]string{"Sec-Websocket-Key", "x"}, 403},
		"an offer of h2c":             {[]string{"Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c"}, 204},
	} {
		for _, at := range []net.Addr{loopback4, outside, unix} {
			w := ask(t, Rules{Token: token}, at, "localhost:7480", append(test.header, "Authorization", with)...)
			if w.Code != test.status {
				t.Errorf("%s at %s: %d, want %d", name, at, w.Code, test.status)
			}
			for h := range w.Header() {
				if strings.HasPrefix(h, "Access-Control-") {
					t.Errorf("%s: %s", name, h)
				}
			}
		}
	}
}

func TestTokens(t *testing.T) {
	for authorization, status := range map[string]int{
		with:                               204,
		"bearer s3cret-token":              204,
		"Bearer  s3cret-token":             204,
		"":                                 401,
		"Bearer":                           401,
		"Bearer ":                          401,
		"Bearer s3cret-toke":               401,
		"Bearer s3cret-token2":             401,
		"Bearer S3CRET-TOKEN":              401,
		"Basic czNjcmV0LXRva2Vu":           401,
		"s3cret-token":                     401,
		"Bearer s3cret-token, Bearer x":    401,
		"Bearer (sensitive)":               401,
		"Digest Bearer s3cret-token":       401,
		"Bearer\ts3cret-token":             401,
		"Bearer " + strings.Repeat("x", 9): 401,
	} {
		for _, at := range []net.Addr{loopback4, outside, unix} {
			w := ask(t, Rules{Token: token}, at, "localhost:7480", "Authorization", authorization)
			if w.Code != status {
				t.Errorf("%q at %s: %d, want %d", authorization, at, w.Code, status)
			}
			if got := w.Header().Get("WWW-Authenticate"); (status == 401) != strings.HasPrefix(got, "Bearer ") {
				t.Errorf("%q: WWW-Authenticate %q", authorization, got)
			}
			if strings.Contains(w.Body.String(), "s3cret") {
				t.Errorf("%q: the answer shows the token: %s", authorization, w.Body)
			}
		}
	}
	if w := ask(t, Rules{Token: token}, loopback4, "localhost:7480", "Authorization", with, "Authorization", with); w.Code != 401 {
		t.Errorf("two headers: %d", w.Code)
	}
	if w := ask(t, Rules{}, loopback4, "localhost:7480", "Authorization", "Bearer anything"); w.Code != 204 {
		t.Errorf("a token that nobody asks for: %d", w.Code)
	}
}

func TestOpenPathsTakeAnyHost(t *testing.T) {
	r := Rules{Token: token, Hosts: []string{"postern"}, Open: []string{"/livez"}}
	guarded, err := r.Guard(outside, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/livez": 204, "/metrics": 421} {
		q := httptest.NewRequest("GET", path, nil)
		q.Host = "10.1.2.3:7481"
		w := httptest.NewRecorder()
		if guarded.ServeHTTP(w, q); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}

func TestOpenPathsNeedNoToken(t *testing.T) {
	r := Rules{Token: token, Open: []string{"/livez"}}
	guarded, err := r.Guard(outside, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/livez": 204, "/livez?x=y": 204, "/livez/": 401, "/livez/../metrics": 401, "/LIVEZ": 401, "/metrics": 401, "//livez": 401} {
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}

func TestRefusalsAreCountedByReason(t *testing.T) {
	var got []string
	r := Rules{Token: token, Refused: func(reason string) { got = append(got, reason) }}
	ask(t, r, loopback4, "evil.example")
	ask(t, r, loopback4, "localhost:7480", "Origin", "null")
	ask(t, r, loopback4, "localhost:7480", "Upgrade", "websocket")
	ask(t, r, loopback4, "localhost:7480")
	ask(t, r, loopback4, "localhost:7480", "Authorization", with)
	if diff := cmp.Diff([]string{BadHost, CrossSite, WebSocket, BadToken}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOthersCanReachOnlyWithAToken(t *testing.T) {
	for _, at := range []net.Addr{outside, &net.TCPAddr{IP: net.IPv6zero}, &net.TCPAddr{IP: net.IPv4(192, 168, 1, 2)}, &net.IPAddr{}} {
		if _, err := (Rules{}).Guard(at, nil); err != ErrNoToken {
			t.Errorf("%s: %v", at, err)
		}
	}
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	s := Server{}
	if err := s.Serve(context.Background(), l); err == nil || !strings.Contains(err.Error(), ErrNoToken.Error()) {
		t.Error(err)
	}
	if _, err := l.Accept(); err == nil {
		t.Error("the listener stays open")
	}
}

func TestProblem(t *testing.T) {
	w := httptest.NewRecorder()
	p := Problem{Status: 409, Reason: "conflict", Detail: "a \x1b[31m \u2028 b", More: map[string]any{"index": 3, "status": 200},
		Header: http.Header{"Retry-After": {"5"}}}
	p.Write(w)
	want := `{"detail":"a \u001b[31m \u2028 b","index":3,"status":409,"title":"Conflict","type":"urn:postern:problem:conflict"}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != 409 {
		t.Errorf("%d %s", w.Code, diff)
	}
	if h := w.Header(); h.Get("Content-Type") != ProblemType || h.Get("Retry-After") != "5" || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", h)
	}
	w = httptest.NewRecorder()
	(&Problem{Status: 500, More: map[string]any{"x": io.Discard, "f": func() {}}}).Write(w)
	if got := strings.TrimSpace(w.Body.String()); w.Code != 500 || got != `{"type":"about:blank"}` {
		t.Errorf("%d %s", w.Code, got)
	}
	for typ, want := range map[string]string{"urn:postern:problem:conflict": "conflict", "about:blank": "", "": "", "urn:other:conflict": ""} {
		if got := ReasonOf(typ); got != want {
			t.Errorf("reason of %q is %q", typ, got)
		}
	}
}
