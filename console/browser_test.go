package console

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/door"
	"github.com/posternhq/postern/internal/secret"
)

func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestWhoMayComeInOnLoopback(t *testing.T) {
	agent := busyAgent()
	address := serve(t, Options{Agent: agent})
	_, port, _ := net.SplitHostPort(address)
	const replay = "/api/v1/deliveries/dlv_1/replay"
	for name, c := range map[string]struct {
		asked  asked
		status int
	}{
		"by number":         {asked{method: "GET", path: "/"}, 200},
		"by name":           {asked{method: "GET", path: "/", header: []string{"Host: localhost:" + port}}, 200},
		"by IPv6":           {asked{method: "GET", path: "/api/v1/status", header: []string{"Host: [::1]:" + port}}, 200},
		"rebound name":      {asked{method: "GET", path: "/api/v1/status", header: []string{"Host: evil.example:" + port}}, 421},
		"another port":      {asked{method: "GET", path: "/", header: []string{"Host: localhost:1"}}, 421},
		"rebound: health":   {asked{method: "GET", path: "/readyz", header: []string{"Host: evil.example"}}, 421},
		"typed in":          {asked{method: "GET", path: "/", header: []string{"Sec-Fetch-Site: none"}}, 200},
		"own page":          {asked{method: "POST", path: replay, header: []string{"Sec-Fetch-Site: same-origin", "Origin: http://" + address}}, 202},
		"other site":        {asked{method: "POST", path: replay, header: []string{"Sec-Fetch-Site: cross-site"}}, 403},
		"other port":        {asked{method: "POST", path: replay, header: []string{"Sec-Fetch-Site: same-site"}}, 403},
		"other origin":      {asked{method: "POST", path: replay, header: []string{"Origin: http://localhost:3000"}}, 403},
		"no origin":         {asked{method: "POST", path: replay, header: []string{"Origin: null"}}, 403},
		"other: reload":     {asked{method: "POST", path: "/-/reload", header: []string{"Origin: https://evil.example"}}, 403},
		"other: secret":     {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret":"0123456789abcdef"}`, header: []string{"Content-Type: application/json", "Origin: https://evil.example"}}, 403},
		"other: remove":     {asked{method: "DELETE", path: "/api/v1/secrets/crm", header: []string{"Sec-Fetch-Site: cross-site"}}, 403},
		"preflight":         {asked{method: "OPTIONS", path: replay, header: []string{"Origin: https://evil.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Private-Network: true"}}, 403},
		"websocket":         {asked{method: "GET", path: "/", header: []string{"Connection: Upgrade", "Upgrade: websocket"}}, 403},
		"pprof":             {asked{method: "GET", path: "/debug/pprof/"}, 404},
		"files":             {asked{method: "GET", path: "/assets/"}, 404},
		"file beside":       {asked{method: "GET", path: "/assets/layout.html"}, 404},
		"file above":        {asked{method: "GET", path: "/assets/..%2f..%2fdoc.go"}, 404},
		"post to the page":  {asked{method: "POST", path: "/"}, 405},
		"metrics not given": {asked{method: "GET", path: "/metrics"}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(agent.did)
			w, body := ask(t, address, c.asked)
			if w.StatusCode != c.status {
				t.Errorf("%s %s", w.Status, body)
			}
			if changed := len(agent.did) > before; changed != (c.status == 202) {
				t.Errorf("changed: %v", changed)
			}
			checkHeaders(t, w.Header)
		})
	}
}

func checkHeaders(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
		"X-Content-Type-Options":  "nosniff",
		"Cache-Control":           "no-store",
		"Referrer-Policy":         "no-referrer",
	} {
		if got := strings.Join(h.Values(name), " | "); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s is sent", name)
		}
	}
}

func TestTokenOffLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	metrics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	serveOn(t, l, Options{Agent: busyAgent(), Metrics: metrics, Token: secret.New("the token: of 32 characters, äöü")})
	address := "127.0.0.1:" + port
	const token = "the token: of 32 characters, äöü"
	for name, c := range map[string]struct {
		path, header string
		status       int
	}{
		"none":                {"/api/v1/status", "", 401},
		"none: page":          {"/", "", 401},
		"none: style":         {"/assets/style.css", "", 401},
		"none: metrics":       {"/metrics", "", 401},
		"none: no such path":  {"/nothing", "", 401},
		"none: below health":  {"/livez/", "", 401},
		"in the query":        {"/api/v1/status?token=" + "the", "", 401},
		"wrong":               {"/api/v1/status", "Authorization: Bearer wrong", 401},
		"empty":               {"/api/v1/status", "Authorization: Bearer ", 401},
		"bearer":              {"/api/v1/status", "Authorization: Bearer " + token, 200},
		"bearer: metrics":     {"/metrics", "Authorization: Bearer " + token, 200},
		"password":            {"/", basic("anybody", token), 200},
		"password, no user":   {"/api/v1/status", basic("", token), 200},
		"wrong password":      {"/", basic("anybody", "wrong"), 401},
		"empty password":      {"/", basic(token, ""), 401},
		"not base64":          {"/", "Authorization: Basic !", 401},
		"health: livez":       {"/livez", "", 200},
		"health: readyz":      {"/readyz?verbose", "", 200},
		"health: healthz":     {"/healthz", "", 200},
		"health, wrong token": {"/livez", "Authorization: Bearer wrong", 200},
	} {
		t.Run(name, func(t *testing.T) {
			q := asked{method: "GET", path: c.path}
			if c.header != "" {
				q.header = []string{c.header}
			}
			w, body := ask(t, address, q)
			if w.StatusCode != c.status {
				t.Errorf("%s %s", w.Status, body)
			}
			challenges := strings.Join(w.Header.Values("Www-Authenticate"), "\n")
			asks := strings.Contains(challenges, "Basic realm=") && strings.Contains(challenges, "Bearer")
			if asks != (c.status == 401) {
				t.Errorf("challenges: %q", challenges)
			}
			if strings.Contains(body, token) {
				t.Error("the answer holds the token")
			}
		})
	}
}

func TestPasswordDoesNotOpenTheDoorToOtherSites(t *testing.T) {
	agent := busyAgent()
	address := serve(t, Options{Agent: agent, Token: secret.New("token")})
	w, _ := ask(t, address, asked{method: "POST", path: "/-/reload", header: []string{basic("u", "token"), "Sec-Fetch-Site: cross-site"}})
	if w.StatusCode != http.StatusForbidden || len(agent.did) > 0 {
		t.Errorf("%s, done: %q", w.Status, agent.did)
	}
}

func TestOffLoopbackWithoutTokenIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	err = (&Server{Options{Agent: busyAgent()}}).Serve(context.Background(), l)
	if !errors.Is(err, door.ErrNoToken) || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("Serve: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}
}
