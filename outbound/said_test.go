package outbound

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/internal/secret"
)

const standardBody = `{"type":"contact.subscribed","timestamp":"2026-06-17T10:00:00.000000005Z","data":{"contact": {"id": 42, "email": "ada@example.com"}, "big": 9007199254740993}}`

func mapping(t testing.TB, fields ...expr.Field) *expr.Mapping {
	t.Helper()
	return expr.NewMapping(&expr.Object{Fields: fields})
}

func program(t testing.TB, src string) *expr.Program {
	t.Helper()
	p, err := expr.Compile(src, expr.Value)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func request1(t testing.TB, p *Plan, w *Webhook, d *event.Delivery) *request {
	t.Helper()
	r, err := prepare(p, w, d, Scope(d.Event), time.Unix(1614265330, 0), "postern/1")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStandardPayload(t *testing.T) {
	e := someEvent()
	if got := string(spliceStandard(e)); got != standardBody {
		t.Errorf("got %s", got)
	}
	e.Type, e.Time = `a"<b>&\`, "2026-06-17T12:00:00.50+02:00"
	if got, want := string(spliceStandard(e)), `{"type":"a\"<b>&\\","timestamp":"2026-06-17T12:00:00.50+02:00","data":`; !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestRequestsSayWhatTheWebhookSays(t *testing.T) {
	const query = "type=contact.subscribed&timestamp=2026-06-17T10%3A00%3A00.000000005Z&data%5Bcontact%5D%5Bid%5D=42&data%5Bcontact%5D%5Bemail%5D=ada%40example.com&data%5Bbig%5D=9007199254740993"
	custom := mapping(t, expr.Field{Name: "email", Value: program(t, "contact.email")}, expr.Field{Name: "none", Value: program(t, "contact.phone")}, expr.Field{Name: "n", Value: program(t, "big")})
	for _, tt := range []struct {
		name              string
		change            func(*Webhook)
		method, url, body string
		contentType       string
	}{
		{"standard", func(*Webhook) {}, "POST", "https://h/p?own=1", standardBody, mediaJSON},
		{"standard form", func(w *Webhook) { w.Encoding = Form }, "POST", "https://h/p?own=1", query, mediaForm},
		{"standard in one field", func(w *Webhook) { w.Encoding, w.Form.Field = Form, "pay load" }, "POST", "https://h/p?own=1", "pay+load=" + url.QueryEscape(standardBody), mediaForm},
		{"standard GET", func(w *Webhook) { w.Method, w.Encoding = "GET", Form }, "GET", "https://h/p?own=1&" + query, "", ""},
		{"custom", func(w *Webhook) { w.Payload = custom }, "POST", "https://h/p?own=1", `{"email":"ada@example.com","none":null,"n":9007199254740993}`, mediaJSON},
		{"custom PUT", func(w *Webhook) { w.Payload, w.Method = custom, "PUT" }, "PUT", "https://h/p?own=1", `{"email":"ada@example.com","none":null,"n":9007199254740993}`, mediaJSON},
		{"custom form", func(w *Webhook) { w.Payload, w.Encoding = custom, Form }, "POST", "https://h/p?own=1", "email=ada%40example.com&n=9007199254740993", mediaForm},
		{"custom GET with its own query", func(w *Webhook) {
			w.Payload, w.Method = custom, "GET"
			w.Query = []Pair{{"s t", text(t, "a&b={contact.id}")}, {"gone", text(t, "{contact.phone}")}}
		}, "GET", "https://h/p?own=1&s+t=a%26b%3D42&email=ada%40example.com&n=9007199254740993", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := hook(t, "w", "https://h/p?own=1")
			w.Sign = Signing{Keys: []Key{mustKey(t, testSecret)}}
			tt.change(w)
			r := request1(t, plan(w), w, someDelivery("w"))
			if r.method != tt.method || r.url.String() != tt.url || string(r.body) != tt.body {
				t.Errorf("got %s %s with %s", r.method, r.url, r.body)
			}
			signed := tt.body
			if tt.method == "GET" {
				_, signed, _ = strings.Cut(tt.url, "?")
			}
			want := http.Header{
				"User-Agent": {"postern/1"}, "Accept-Encoding": {"identity"}, "Webhook-Id": {"evt_1"}, "Webhook-Timestamp": {"1614265330"}, "Webhook-Event": {"contact.subscribed"},
				"Webhook-Signature": {"v1," + macOf("evt_1.1614265330."+signed)},
			}
			if tt.contentType != "" {
				want["Content-Type"] = []string{tt.contentType}
			}
			if diff := cmp.Diff(want, r.header); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheStandardPayloadIsNeverStored(t *testing.T) {
	for _, change := range []func(*Webhook){
		func(*Webhook) {},
		func(w *Webhook) { w.Encoding = Form },
		func(w *Webhook) { w.Encoding, w.Form = Form, FormStyle{Empty, "a b"} },
		func(w *Webhook) { w.Method, w.Form = "GET", FormStyle{Lists: Comma} },
	} {
		w := hook(t, "w", "https://h/")
		change(w)
		d := someDelivery("w")
		d.Event.Data = []byte(`{"tags":["x","y"]}`)
		first := request1(t, plan(w), w, d)
		if len(first.said.Payload) != 0 || len(first.said.Holes) != 1 {
			t.Errorf("stores %+v", first.said)
		}
		// The configuration says something else by the time of the retry.
		d.Said = first.said
		w = hook(t, "w", "https://h/")
		w.Payload, w.Method, w.Encoding, w.Form = mapping(t), "PATCH", Form, FormStyle{Lists: Repeat, Field: "other"}
		retry := request1(t, plan(w), w, d)
		if retry.method != first.method || string(retry.body) != string(first.body) || retry.url.String() != first.url.String() || retry.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("the retry is %s %s %s, not %s %s %s", retry.method, retry.url, retry.body, first.method, first.url, first.body)
		}
	}
}

func TestSecretsAreFilledInAtEachAttempt(t *testing.T) {
	const old, fresh = `canary"1&`, `canary"2&`
	w := hook(t, "w", "https://h/")
	w.Payload = mapping(t,
		expr.Field{Name: "key", Value: &expr.Secret{Name: "env:KEY"}},
		expr.Field{Name: "text", Value: &expr.Template{Text: text(t, "é {contact.id} <env:KEY>!")}})
	for _, tt := range []struct {
		change func(*Webhook)
		want   func(secret string) string
	}{
		{func(*Webhook) {}, func(s string) string {
			q := strings.ReplaceAll(s, `"`, `\"`)
			return `{"key":"` + q + `","text":"é 42 ` + q + `!"}`
		}},
		{func(w *Webhook) { w.Encoding = Form }, func(s string) string {
			return "key=" + url.QueryEscape(s) + "&text=" + url.QueryEscape("é 42 "+s+"!")
		}},
		{func(w *Webhook) { w.Encoding, w.Form.Field = Form, "p" }, func(s string) string {
			q := strings.ReplaceAll(s, `"`, `\"`)
			return "p=" + url.QueryEscape(`{"key":"`+q+`","text":"é 42 `+q+`!"}`)
		}},
	} {
		w := *w
		tt.change(&w)
		p := plan(&w)
		p.Secrets["env:KEY"] = secret.New(old)
		d := someDelivery("w")
		first := request1(t, p, &w, d)
		if got := string(first.body); got != tt.want(old) {
			t.Errorf("got %s, want %s", got, tt.want(old))
		}
		if strings.Contains(string(first.said.Payload), "canary") {
			t.Errorf("stores %s", first.said.Payload)
		}
		d.Said = first.said
		rotated := plan(&w)
		rotated.Secrets["env:KEY"] = secret.New(fresh)
		if got := string(request1(t, rotated, &w, d).body); got != tt.want(fresh) {
			t.Errorf("after rotation: got %s, want %s", got, tt.want(fresh))
		}
		_, err := prepare(plan(&w), &w, d, Scope(d.Event), time.Now(), "")
		if err == nil || err.Error() != "the payload needs env:KEY, which is no longer in the configuration" {
			t.Errorf("without it: %v", err)
		}
		rotated.Secrets["env:KEY"] = secret.New("\xff")
		if _, err := prepare(rotated, &w, d, Scope(d.Event), time.Now(), ""); (err == nil) != (first.said.Holes[0].Escape == event.QueryValue) {
			t.Errorf("with a secret that is not text: %v", err)
		}
	}
}

func TestHeadersTakeNoControlCharacters(t *testing.T) {
	for value, ok := range map[string]bool{
		"plain": true, "Zoë ✓": true, "": true, "a\r\nX-Evil: 1": false, "a\nb": false, "a\x00b": false, "a\x7fb": false, "tab\tbed": false, "\u0085": false,
	} {
		w := hook(t, "w", "https://h/")
		w.Headers = []Header{{"X-Value", text(t, "{v}")}}
		d := someDelivery("w")
		d.Event.Data = []byte(`{"v":` + string(quoteJSON(value)) + `}`)
		r, err := prepare(plan(w), w, d, Scope(d.Event), time.Now(), "")
		if (err == nil) != ok {
			t.Errorf("%q: %v", value, err)
		}
		if err == nil && r.header.Get("X-Value") != value {
			t.Errorf("%q became %q", value, r.header.Get("X-Value"))
		}
		if err != nil && err.Error() != "header X-Value: its value holds a control character, such as a line end" {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestHeadersAndCredentials(t *testing.T) {
	w := hook(t, "w", "https://h/")
	w.Headers = []Header{{"X-Id", text(t, "n-{contact.id}")}, {"X-Gone", text(t, "{contact.phone}")}, {"X-Key", text(t, "k <env:KEY>")}, {"user-agent", text(t, "mine")}}
	for _, tt := range []struct {
		auth       Auth
		name, want string
	}{
		{Auth{}, "Authorization", ""},
		{Auth{Kind: BasicAuth, Username: "Aladdin", Password: secret.New("open sesame")}, "Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
		{Auth{Kind: BasicAuth, Username: "test", Password: secret.New("123£")}, "Authorization", "Basic dGVzdDoxMjPCow=="},
		{Auth{Kind: BasicAuth, Username: "key"}, "Authorization", "Basic a2V5Og=="},
		{Auth{Kind: BearerAuth, Token: secret.New("tok")}, "Authorization", "Bearer tok"},
		{Auth{Kind: HeaderAuth, Header: "X-Api-Key", Value: secret.New("v")}, "X-Api-Key", "v"},
	} {
		w.Auth = tt.auth
		p := plan(w)
		p.Secrets["env:KEY"] = secret.New("s3cret")
		d := someDelivery("w")
		d.Event.Type = "Prize Won 100% ✓"
		h := request1(t, p, w, d).header
		if got := h.Get(tt.name); got != tt.want {
			t.Errorf("%+v: got %q", tt.auth.Kind, got)
		}
		if _, there := h["X-Gone"]; there || h.Get("X-Id") != "n-42" || h.Get("X-Key") != "k s3cret" || h.Get("User-Agent") != "mine" {
			t.Errorf("got %v", h)
		}
		if got := h.Get("webhook-event"); got != "Prize Won 100%25 %E2%9C%93" {
			t.Errorf("webhook-event is %q", got)
		}
	}
	w.Auth = Auth{Kind: BearerAuth, Token: secret.New("a\nb")}
	if _, err := prepare(plan(w), w, someDelivery("w"), Scope(someEvent()), time.Now(), ""); err == nil {
		t.Error("a token with a line end was sent")
	}
}

func TestWhatCantBeMadeFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *Webhook, *event.Delivery)
		class  event.Class
		says   string
	}{
		{"a segment is null", func(t *testing.T, w *Webhook, _ *event.Delivery) { w.URL = mustURL(t, "https://h/{nothing}") }, event.Mapping, "url: a path segment is null"},
		{"a list in the query", func(t *testing.T, w *Webhook, _ *event.Delivery) { w.Query = []Pair{{"q", text(t, "{contact}")}} }, event.Mapping, "query q: "},
		{"a list in a header", func(t *testing.T, w *Webhook, _ *event.Delivery) { w.Headers = []Header{{"X", text(t, "{contact}")}} }, event.Mapping, "header X: "},
		{"a failing expression", func(t *testing.T, w *Webhook, _ *event.Delivery) {
			w.Payload = mapping(t, expr.Field{Name: "n", Value: program(t, "contact.email + 1")})
		}, event.Mapping, ""},
		{"objects under repeat", func(t *testing.T, w *Webhook, d *event.Delivery) {
			w.Encoding, w.Form.Lists = Form, Repeat
			d.Event.Data = []byte(`{"a":[{}]}`)
		}, event.Mapping, "use index or empty"},
		{"too large", func(t *testing.T, w *Webhook, d *event.Delivery) {
			w.Encoding = Form
			d.Event.Data = []byte(`{"a":"` + strings.Repeat("é", 1<<20) + `"}`)
		}, event.TooLarge, "larger than 4 MiB"},
		{"a webhook without a URL", func(_ *testing.T, w *Webhook, _ *event.Delivery) { w.URL = nil }, event.Mapping, "its log has more"},
		{"a delivery without an event", func(_ *testing.T, _ *Webhook, d *event.Delivery) { d.Event = nil }, event.Mapping, "its log has more"},
		{"a hole beyond the end", func(_ *testing.T, _ *Webhook, d *event.Delivery) {
			d.Said = &event.Said{Method: "POST", Payload: []byte("x"), Holes: []event.Hole{{Offset: 7, Secret: "s"}}}
		}, event.Mapping, "replay the delivery"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, d := hook(t, "w", "https://h/"), someDelivery("w")
			tt.change(t, w, d)
			o := courier(t, plan(w))(w, d).outcome
			if o.State != event.Failed || o.Class != tt.class || o.Attempt == nil || o.Attempt.Class != tt.class || o.Attempt.Status != 0 || !strings.Contains(o.Attempt.Error, tt.says) || o.Attempt.Error == "" {
				t.Errorf("got %+v with %+v", o, o.Attempt)
			}
		})
	}
}

// What is said stays, where it goes follows the configuration.
func TestAMendedConfigurationHealsTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://old/{contact.id}")
		h.Payload = mapping(t, expr.Field{Name: "email", Value: program(t, "contact.email")})
		h.Sign = Signing{Keys: []Key{mustKey(t, testSecret)}}
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Host == "old" {
				rw.WriteHeader(500)
			}
		}).run(plan(h))
		id := w.post("crm")[0]
		w.wait(time.Second)
		mended := *h
		mended.URL, mended.Method, mended.Encoding = mustURL(t, "http://new/{contact.id}/x"), "PUT", Form
		mended.Payload = nil
		mended.Headers = []Header{{"X-New", text(t, "yes")}}
		mended.Sign = Signing{Keys: []Key{mustKey(t, testSecret)}}
		w.swap(plan(&mended))
		w.wait(time.Minute)
		w.want(id, event.Delivered, event.OK, 2)
		all := w.receiver.requests()
		first, last := all[0], all[len(all)-1]
		if last.Body != first.Body || last.Method != first.Method || last.Header.Get("Content-Type") != mediaJSON || last.Header.Get("webhook-id") != first.Header.Get("webhook-id") {
			t.Errorf("said %s %s, then %s %s", first.Method, first.Body, last.Method, last.Body)
		}
		if last.Host != "new" || last.Target != "/42/x" || last.Header.Get("X-New") != "yes" || last.Header.Get("webhook-timestamp") == first.Header.Get("webhook-timestamp") {
			t.Errorf("went to %s%s with %v", last.Host, last.Target, last.Header)
		}
		judge, err := standardwebhooks.NewWebhook(testSecret)
		if err != nil {
			t.Fatal(err)
		}
		if err := judge.VerifyIgnoringTimestamp([]byte(last.Body), last.Header); err != nil {
			t.Error(err)
		}
	})
}

func TestPlainTextIsQuotedAsAnyOther(t *testing.T) {
	for _, s := range []string{"", "contact.subscribed", `"`, `\`, "\x00", "\x1f", "\x7f", "~", "é", "\u2028", "\xff", "<&>"} {
		if got, want := string(appendJSON([]byte("x"), s)), "x"+string(quoteJSON(s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}
