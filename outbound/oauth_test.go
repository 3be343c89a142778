package outbound

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/secret"
)

// withOAuth gives a webhook client credentials.
func withOAuth(t testing.TB, w *Webhook, tokenURL string) *Webhook {
	t.Helper()
	w.Auth = Auth{Kind: OAuth2, OAuth: &OAuth{
		TokenURL: mustURL(t, tokenURL), ClientID: "post:ern", ClientSecret: secret.New("canary client&secret"),
		Scopes: []string{"events:write", "x"}, Audience: "https://api.test",
	}}
	return w
}

// An issuer gives tokens t-1, t-2 …, in JSON with these members.
type issuer struct {
	members string

	mu    sync.Mutex
	asked []url.Values
	heads []http.Header
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.heads = append(s.asked, r.PostForm), append(s.heads, r.Header)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token": "token-%d"%s}`, len(s.asked), s.members)
}

func (s *issuer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestATokenIsFetchedAndSent(t *testing.T) {
	tokens := &issuer{members: `, "token_type": "bearer", "expires_in": 3600`}
	var got http.Header
	w := withOAuth(t, hook(t, "w", serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))), serve(t, tokens)+"/token?tenant=1")
	deliver := courier(t, plan(w))
	for range 3 {
		if o := deliver(w, someDelivery("w")).outcome; o.Class != event.OK {
			t.Fatalf("got %+v", o.Attempt)
		}
		if got.Get("Authorization") != "Bearer token-1" {
			t.Errorf("authorised by %q", got.Get("Authorization"))
		}
	}
	if tokens.count() != 1 {
		t.Fatalf("%d tokens were fetched", tokens.count())
	}
	want := url.Values{"grant_type": {"client_credentials"}, "scope": {"events:write x"}, "audience": {"https://api.test"}}
	if got := tokens.asked[0]; got.Encode() != want.Encode() {
		t.Errorf("asked with %s", got.Encode())
	}
	r := http.Request{Header: tokens.heads[0]}
	if user, password, _ := r.BasicAuth(); user != "post%3Aern" || password != "canary+client%26secret" || r.UserAgent() != "postern/1.2.3" {
		t.Errorf("asked as %s:%s by %s", user, password, r.UserAgent())
	}
}

// Some servers take the client's secret in the form alone; they are known by that.
func TestATokenServerThatTakesTheFormAlone(t *testing.T) {
	for _, refuses := range []int{400, 401} {
		tokens, all := &issuer{members: `, "expires_in": "1"`}, 0
		w := withOAuth(t, hook(t, "w", serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))), serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			all++
			if r.Header.Get("Authorization") != "" {
				w.WriteHeader(refuses)
				return
			}
			tokens.ServeHTTP(w, r)
		})))
		d := courierDraft(t, plan(w))
		source := d.tokens[w.Auth.OAuth.key()]
		for range 2 {
			if a := d.send(t.Context(), w, &request{method: "POST", url: &url.URL{Scheme: "http", Host: w.URL.Host()}, header: http.Header{}}); a.status != 200 {
				t.Fatalf("got %+v", a)
			}
			source.drop(source.token)
		}
		if all != 3 || tokens.count() != 2 || tokens.asked[0].Get("client_id") != "post:ern" || tokens.asked[0].Get("client_secret") != "canary client&secret" {
			t.Errorf("%d: asked %d times, %v", refuses, all, tokens.asked)
		}
	}
}

func courierDraft(t testing.TB, p *Plan) *Draft {
	t.Helper()
	d, err := New(Options{Line: newWorldLine()}).Draft(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.clients.closeIdle)
	return d
}

// A 401 costs a token, once in an attempt, and nothing else.
func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		takes  string // the token
		class  event.Class
		tokens int
		sent   []string
	}{
		{"the second", "token-2", event.OK, 2, []string{"token-1", "token-2"}},
		{"none", "", event.Status, 2, []string{"token-1", "token-2"}},
	} {
		tokens := &issuer{}
		var sent []string
		var bodies []string
		w := withOAuth(t, hook(t, "w", serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			if sent = append(sent, token); token != tt.takes {
				rw.WriteHeader(http.StatusUnauthorized)
			}
		}))), serve(t, tokens))
		w.Retry.Permanent = []int{401}
		o := courier(t, plan(w))(w, someDelivery("w")).outcome
		if o.Class != tt.class || tokens.count() != tt.tokens || !slices.Equal(sent, tt.sent) {
			t.Errorf("%s: %s after %q, %d tokens", tt.name, o.Class, sent, tokens.count())
		}
		if bodies[0] == "" || bodies[0] != bodies[1] {
			t.Errorf("%s: the bodies are %q", tt.name, bodies)
		}
	}
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	for _, tt := range []struct {
		members string
		kept    time.Duration // and a second later it is not; 0: for ever
	}{
		{`, "expires_in": 3600`, 59*time.Minute - time.Second},
		{`, "expires_in": "100"`, 89 * time.Second},
		{`, "expires_in": 0`, 0},
		{``, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			tokens := &issuer{members: tt.members}
			w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
				if r.Host == "login" {
					tokens.ServeHTTP(rw, r)
				}
			})
			h := withOAuth(t, hook(t, "crm", "http://crm/"), "http://login/token")
			w.run(plan(h))
			deliver := func(want int) {
				t.Helper()
				id := w.post("crm")[0]
				synctest.Wait()
				w.want(id, event.Delivered, event.OK, 1)
				if tokens.count() != want {
					t.Errorf("%s after %s: %d tokens, want %d", tt.members, time.Since(w.begin), tokens.count(), want)
				}
			}
			deliver(1)
			if tt.kept == 0 {
				w.wait(1000 * time.Hour)
				deliver(1)
				return
			}
			w.wait(tt.kept)
			deliver(1)
			w.wait(time.Second)
			deliver(2)
			deliver(2)
		})
	}
}

// All attempts of all webhooks with the same credentials share one fetch, and the
// token outlives a reload; other credentials have another.
func TestATokenIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := &issuer{members: `, "expires_in": 3600`}
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Host == "login" {
				time.Sleep(time.Second) // all come while it is fetched
				tokens.ServeHTTP(rw, r)
			}
		})
		a, b := withOAuth(t, hook(t, "a", "http://a/"), "http://login/token"), withOAuth(t, hook(t, "b", "http://b/"), "http://login/token")
		w.run(plan(a, b))
		var ids []string
		for range 5 {
			ids = append(ids, w.post("a", "b")...)
		}
		w.wait(time.Second)
		for _, id := range ids {
			w.want(id, event.Delivered, event.OK, 1)
		}
		if tokens.count() != 1 {
			t.Errorf("%d tokens for 10 attempts at once", tokens.count())
		}
		again := plan(a, b)
		again.Egress.Allow = everything
		w.swap(again)
		w.post("a")
		w.wait(time.Second)
		if tokens.count() != 1 {
			t.Errorf("%d tokens after a reload", tokens.count())
		}
		other := *a
		oauth := *a.Auth.OAuth
		oauth.ClientSecret = secret.New("another secret")
		other.Auth.OAuth = &oauth
		w.swap(plan(&other, b))
		w.post("a", "b")
		w.wait(time.Second)
		if tokens.count() != 2 {
			t.Errorf("%d tokens after a change of credentials", tokens.count())
		}
	})
}

// Who fetches for all may be called back: then another one goes.
func TestAFetchThatIsBrokenOffIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		way := roundTrip(func(r *http.Request) (*http.Response, error) {
			if asked++; asked == 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"access_token": "second"}`)), Header: http.Header{}}, nil
		})
		h := withOAuth(t, hook(t, "w", "http://h/"), "http://login/")
		s := newTokenSources(plan(h), nil)[h.Auth.OAuth.key()]
		first, breakOff := context.WithCancel(t.Context())
		type result struct {
			token string
			err   error
		}
		results := make(chan result, 3)
		get := func(ctx context.Context) {
			token, err := s.get(ctx, way, "a")
			results <- result{token, err}
		}
		var all sync.WaitGroup
		all.Go(func() { get(first) })
		synctest.Wait()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		all.Go(func() { get(impatient) })
		if r := <-results; r.err == nil || r.err.Error() != "no token: waiting for it took too long" {
			t.Errorf("the impatient got %+v", r)
		}
		all.Go(func() { get(t.Context()) })
		synctest.Wait()
		breakOff()
		all.Wait()
		broken, other := <-results, <-results
		if broken.err == nil {
			broken, other = other, broken
		}
		if broken.err == nil || other.token != "second" || asked != 2 {
			t.Errorf("got %+v and %+v, asked %d times", broken, other, asked)
		}
	})
}

// Without a token there is no attempt at the receiver, and it is not its fault.
func TestFailuresOfTheTokenServer(t *testing.T) {
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.2/canary")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	unknown, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) {}, nil)
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		url    string
		says   string
	}{
		{name: "an error", answer: say(400, `{"error": "invalid_client", "error_description": "canary"}`), says: "no token: the token server answered 400 Bad Request (invalid_client)"},
		{name: "an error that is hostile", answer: say(401, `{"error": "\u001b[31mcanary"}`), says: "no token: the token server answered 401 Unauthorized"},
		{name: "an error with 200", answer: say(200, `{"error": "invalid_scope"}`), says: "answered 200 OK (invalid_scope)"},
		{name: "500", answer: say(500, `canary`), says: "answered 500"},
		{name: "a redirect", answer: say(302, ``), says: "answered 302"},
		{name: "garbage", answer: say(200, `canary`), says: "what the token server answered holds none"},
		{name: "no token", answer: say(200, `{"expires_in": 10}`), says: "holds none"},
		{name: "a number of no kind", answer: say(200, `{"access_token": "a", "expires_in": "canary"}`), says: "holds none"},
		{name: "another kind of token", answer: say(200, `{"access_token": "canary-token", "token_type": "mac"}`), says: "another kind than Bearer"},
		{name: "a line break", answer: say(200, `{"access_token": "a\r\nX-Canary: b"}`), says: "control character"},
		{name: "no end", answer: func(w http.ResponseWriter, _ *http.Request) {
			_, err := io.WriteString(w, `{"access_token": "`)
			for err == nil {
				_, err = io.WriteString(w, strings.Repeat("x", 4096))
			}
		}, says: "holds none"},
		{name: "silence", url: "http://" + rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), says: "no token: no answer in time"},
		{name: "another protocol", url: "http://" + rawServer(t, func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "SSH-2.0\r\n") }), says: "not an HTTP answer"},
		{name: "nobody there", url: "http://" + closed.Addr().String(), says: "no token: connection refused (" + closed.Addr().String() + ")"},
		{name: "no such name", url: "http://none.invalid/", says: "none.invalid"},
		{name: "a blocked address", url: "http://127.0.0.2/", says: `egress { allow = ["127.0.0.2"] } would open it`},
		{name: "metadata", url: "http://169.254.169.254/", says: "which no range opens"},
		{name: "bad TLS", url: unknown.URL, says: "no token: TLS: failed to verify"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			touched := make(chan struct{}, 1)
			at := tt.url
			if at == "" {
				at = serve(t, tt.answer)
			}
			w := withOAuth(t, hook(t, "w", serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { touched <- struct{}{} }))), at)
			if w.Timeout = 30 * time.Second; tt.name == "silence" {
				w.Timeout = time.Second
			}
			checkFailure(t, courier(t, plan(w))(w, someDelivery("w")), event.Auth, 0, tt.says)
			if len(touched) > 0 {
				t.Error("the receiver was asked without a token")
			}
		})
	}
}

// The token goes where everything goes: past the guard, and through the proxy.
func TestATokenServerIsGuarded(t *testing.T) {
	port, canary := receiverWithCanaries(t, (&issuer{}).ServeHTTP)
	ns := newNameServer(t)
	receiver := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, through := range []bool{false, true} {
		ns.add("login.test.", addresses("127.0.0.2"))
		w := withOAuth(t, hook(t, "w", receiver), fmt.Sprintf("http://login.test:%d/token", port))
		p := plan(w)
		p.Egress.DNSServer = ns.address
		proxy := newProxy(t, nil)
		if through {
			p.Egress.Proxy = &proxy.Proxy
		}
		deliver := courier(t, p)
		checkFailure(t, deliver(w, someDelivery("w")), event.Auth, 0, "127.0.0.2")
		if through && len(proxy.targets()) > 0 {
			t.Errorf("the proxy was asked for %q", proxy.targets())
		}
		ns.add("login.test.", addresses("127.0.0.1"))
		if o := deliver(w, someDelivery("w")).outcome; o.Class != event.OK {
			t.Errorf("got %+v", o.Attempt)
		}
		if through && len(proxy.targets()) != 2 {
			t.Errorf("the proxy was asked for %q", proxy.targets())
		}
	}
	proxy := &Proxy{Host: "127.0.0.1", Port: 1}
	w := withOAuth(t, hook(t, "w", receiver), "http://127.0.0.1:2/")
	p := plan(w)
	p.Egress.Proxy = proxy
	checkFailure(t, courier(t, p)(w, someDelivery("w")), event.Auth, 0, "no token: the proxy: connection refused")
	canary.check(t)
}

// A receiver that sends back what it was sent shows neither token nor secret.
func TestTokensThatAreEchoedAreMasked(t *testing.T) {
	const token = "canary-token/+=&\"x"
	w := withOAuth(t, hook(t, "w", serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("Location", "https://elsewhere.test/"+url.PathEscape(sent))
		w.WriteHeader(302)
		for _, s := range spellings(sent) {
			fmt.Fprintln(w, s)
		}
		fmt.Fprintln(w, "canary client&secret")
	}))), serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token": %q}`, token)
	})))
	w.LogResponseBody = true
	o := courier(t, plan(w))(w, someDelivery("w")).outcome
	if o.Attempt.Status != 302 || strings.Contains(string(o.Attempt.ResponseBody)+o.Attempt.Error, "canary") || !strings.Contains(string(o.Attempt.ResponseBody), mask) {
		t.Errorf("got %+v with %s", o.Attempt, o.Attempt.ResponseBody)
	}
}

// Nothing is charged when we break off, while a token is fetched too.
func TestAFetchIsCutOffByTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		w.drain = time.Second
		w.run(plan(withOAuth(t, hook(t, "crm", "http://crm/"), "http://login/")))
		id := w.post("crm")[0]
		synctest.Wait()
		w.stop()
		<-w.done
		w.want(id, event.Pending, "", 0)
	})
}
