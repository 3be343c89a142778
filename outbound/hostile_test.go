package outbound

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

// hostileTexts are what end users may have typed, and nobody has looked at.
var hostileTexts = []string{
	"", " ", ".", "..", "/", "//", "\\", "?", "#", "%", "%2e%2e", "%2F", "%00", "&", "=", "+", ";", "@", ":", "[]", "a]b[c",
	"../../admin", "..\\..\\admin", "..;/admin", "//evil.example/x", "@evil.example", "https://evil.example/?x=1#y", "a&admin=1", "a=b&c=d;e=f", "x#?y",
	"\r\nX-Evil: 1", "\nX-Evil: 1", "\rX-Evil: 1", "a\x00b", "a\tb", "\x7f", "\u0085", "\u2028", "\x1b[31m\x1b]0;t\x07",
	" HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /x", "0\r\n\r\nPOST /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", "chunked", "Content-Length: 0",
	`"`, `\"`, `"}`, `","admin":true,"x":"`, `\u0022`, "{{7*7}}", "${env(\"KEY\")}", "%{if}", "$env", "<script>alert(1)</script>", "</script>", "'; DROP TABLE x; --", "=cmd()|x",
	"Zoë ✓ 漢字", "\u202eevil\u202c", "\ufeff", "é", "e\u0301", strings.Repeat("x", 20_000), strings.Repeat("é/", 500),
}

// ways are the places in a request where an event's text can stand, one a way.
var ways = map[string]func(testing.TB, *Webhook){
	"segment":         func(t testing.TB, w *Webhook) { w.URL = mustURL(t, "https://h.example:8443/a/{v}/z") },
	"part of segment": func(t testing.TB, w *Webhook) { w.URL = mustURL(t, "https://h.example:8443/a/u-{v}.json/z") },
	"query of url":    func(t testing.TB, w *Webhook) { w.URL = mustURL(t, "https://h.example:8443/a?k={v}&last=1") },
	"query":           func(t testing.TB, w *Webhook) { w.Query = []Pair{{"k", text(t, "{v}")}, {"last", text(t, "1")}} },
	"header":          func(t testing.TB, w *Webhook) { w.Headers = []Header{{"X-Value", text(t, "{v}")}} },
	"part of header":  func(t testing.TB, w *Webhook) { w.Headers = []Header{{"X-Value", text(t, "({v})")}} },
	"json":            func(t testing.TB, w *Webhook) { w.Payload = hostilePayload(t) },
	"form":            func(t testing.TB, w *Webhook) { w.Payload, w.Encoding = hostilePayload(t), Form },
	"form with commas": func(t testing.TB, w *Webhook) {
		w.Payload, w.Encoding, w.Form.Lists = hostilePayload(t), Form, Comma
	},
	"one field":     func(t testing.TB, w *Webhook) { w.Payload, w.Encoding, w.Form.Field = hostilePayload(t), Form, "p" },
	"get":           func(t testing.TB, w *Webhook) { w.Payload, w.Method = hostilePayload(t), http.MethodGet },
	"standard":      func(testing.TB, *Webhook) {},
	"standard form": func(_ testing.TB, w *Webhook) { w.Encoding = Form },
	"standard get":  func(_ testing.TB, w *Webhook) { w.Method = http.MethodGet },
}

func hostilePayload(t testing.TB) *expr.Mapping {
	t.Helper()
	return mapping(t,
		expr.Field{Name: "v", Value: program(t, "v")},
		expr.Field{Name: "in", Value: &expr.Template{Text: text(t, "({v})")}},
		expr.Field{Name: "list", Value: &expr.List{Items: []expr.Node{program(t, "v"), program(t, "v + '!'")}}},
		expr.Field{Name: "last", Value: &expr.Literal{JSON: []byte("1")}})
}

// hostile composes a request one way, and reads it as a receiver does: from what
// goes over the wire. An error is why the delivery fails.
func hostile(t testing.TB, way, value string) (*http.Request, string, error) {
	t.Helper()
	w := hook(t, "w", "https://h.example:8443/a")
	ways[way](t, w)
	e := someEvent()
	e.Type = value
	e.Data = []byte(`{"v":` + string(quoteJSON(value)) + `,` + string(quoteJSON("key "+value)) + `:1}`)
	sent, err := Compose(plan(w), w, e, time.Unix(1614265330, 0), "1")
	if err != nil {
		return nil, "", err
	}
	var wire bytes.Buffer
	if err := sent.Write(&wire); err != nil {
		t.Fatalf("%s, %q: can't be written: %v", way, value, err)
	}
	in := bufio.NewReader(&wire)
	got, err := http.ReadRequest(in)
	if err != nil {
		t.Fatalf("%s, %q: can't be read: %v", way, value, err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatalf("%s, %q: its body can't be read: %v", way, value, err)
	}
	if rest, _ := io.ReadAll(in); len(rest) > 0 {
		t.Errorf("%s, %q: behind the request stands %q", way, value, rest)
	}
	return got, string(body), nil
}

// checkHostile is what holds whatever an event says.
func checkHostile(t testing.TB, way, value string) {
	t.Helper()
	got, body, err := hostile(t, way, value)
	if fails := hostileFails(way, value); (err != nil) != fails {
		t.Fatalf("%s, %q: error %v", way, value, err)
	} else if fails {
		return
	}
	method, at := http.MethodPost, "/a"
	if strings.HasSuffix(way, "get") {
		method = http.MethodGet
	}
	if got.Host != "h.example:8443" || got.Method != method || got.URL.Host != "" || got.URL.Fragment != "" || got.URL.User != nil {
		t.Errorf("%s, %q: %s %s to %s", way, value, got.Method, got.URL, got.Host)
	}
	names := []string{"Accept-Encoding", "User-Agent", "Webhook-Event", "Webhook-Id", "Webhook-Timestamp"}
	if method == http.MethodPost {
		names = append(names, "Content-Length", "Content-Type")
	}
	switch way {
	case "segment":
		at = "/a/" + value + "/z"
	case "part of segment":
		at = "/a/u-" + value + ".json/z"
	case "header", "part of header":
		names = append(names, "X-Value")
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(got.Header))); diff != "" {
		t.Errorf("%s, %q: headers: %s", way, value, diff)
	}
	for name, values := range got.Header {
		if len(values) != 1 {
			t.Errorf("%s, %q: %d headers %s", way, value, len(values), name)
		}
	}
	if got.URL.Path != at || strings.Count(got.URL.EscapedPath(), "/") != strings.Count("/a/v/z", "/")-2*count(at == "/a") || !strings.HasPrefix(path.Clean(got.URL.EscapedPath()), "/a") {
		t.Errorf("%s, %q: the path is %s", way, value, got.URL.EscapedPath())
	}
	checkHostileValue(t, way, value, got, body)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// hostileFails tells which texts can't stand somewhere at all.
func hostileFails(way, value string) bool {
	switch way {
	case "segment":
		return value == "" || value == "." || value == ".."
	case "header", "part of header":
		return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 })
	}
	return false
}

// checkHostileValue finds the text whole where it belongs, and nothing beside it.
func checkHostileValue(t testing.TB, way, value string, got *http.Request, body string) {
	t.Helper()
	fields := got.URL.RawQuery
	if strings.Contains(way, "form") || way == "one field" {
		fields = body
	}
	query, err := url.ParseQuery(fields)
	if err != nil {
		t.Fatalf("%s, %q: %v", way, value, err)
	}
	type all map[string][]string
	standard := fmt.Sprintf("data[key %s]", value)
	want := map[string]all{
		"query of url":     {"k": {value}, "last": {"1"}},
		"query":            {"k": {value}, "last": {"1"}},
		"form":             {"v": {value}, "in": {"(" + value + ")"}, "list[0]": {value}, "list[1]": {value + "!"}, "last": {"1"}},
		"form with commas": {"v": {value}, "in": {"(" + value + ")"}, "list": {value + "," + value + "!"}, "last": {"1"}},
		"standard form":    {"type": {value}, "timestamp": {"2026-06-17T10:00:00.000000005Z"}, "data[v]": {value}, standard: {"1"}},
	}
	want["get"], want["standard get"] = want["form"], want["standard form"]
	switch way {
	case "header", "part of header":
		shown := map[string]string{"header": value, "part of header": "(" + value + ")"}[way]
		if h := got.Header.Get("X-Value"); h != strings.Trim(shown, " ") {
			t.Errorf("%s, %q: got %q", way, value, h)
		}
	case "json", "one field":
		if way == "one field" {
			body = query.Get("p")
		}
		checkHostileJSON(t, way, body, map[string]any{"v": value, "in": "(" + value + ")", "list": []any{value, value + "!"}, "last": 1.0})
	case "standard":
		checkHostileJSON(t, way, body, map[string]any{"type": value, "timestamp": "2026-06-17T10:00:00.000000005Z", "data": map[string]any{"v": value, "key " + value: 1.0}})
	default:
		if diff := cmp.Diff(want[way], all(query)); diff != "" && want[way] != nil {
			t.Errorf("%s, %q: %s", way, value, diff)
		}
	}
	if h := got.Header.Get("Webhook-Event"); strings.Trim(unescapeHeader(h), " ") != strings.Trim(value, " ") {
		t.Errorf("%s, %q: the type is %q", way, value, h)
	}
}

// unescapeHeader undoes headerSafe.
func unescapeHeader(h string) string {
	plain, _ := url.PathUnescape(h)
	return plain
}

func checkHostileJSON(t testing.TB, way, body string, want any) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%s: %v in %s", way, err, body)
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("%s: %s", way, diff)
	}
}

// Nothing that an event says adds a header, leaves its segment, its field or its
// text, or goes to another host.
func TestHostileTextStaysWhereItStands(t *testing.T) {
	for way := range ways {
		t.Run(way, func(t *testing.T) {
			for _, value := range hostileTexts {
				checkHostile(t, way, value)
			}
		})
	}
}

func FuzzHostileText(f *testing.F) {
	for _, value := range hostileTexts {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ToValidUTF8(value, "\uFFFD") // the door takes nothing else
		for way := range ways {
			checkHostile(t, way, value)
		}
	})
}

// What can't be sent fails for good, visibly, and says where it stands.
func TestHostileTextThatCantBeSentIsAFailedMapping(t *testing.T) {
	for _, tt := range []struct{ way, value, says string }{
		{"header", "a\r\nX-Evil: 1", "header X-Value: its value holds a control character, such as a line end"},
		{"header", "a\nb", "header X-Value: its value holds a control character, such as a line end"},
		{"part of header", "\r", "header X-Value: its value holds a control character, such as a line end"},
		{"header", "a\x00b", "header X-Value: its value holds a control character, such as a line end"},
		{"segment", "", "url: a path segment is empty"},
		{"segment", ".", `url: a path segment is "."`},
		{"segment", "..", `url: a path segment is ".."`},
	} {
		w := hook(t, "w", "https://h.example:8443/a")
		ways[tt.way](t, w)
		d := someDelivery("w")
		d.Event.Data = []byte(`{"v":` + string(quoteJSON(tt.value)) + `}`)
		o := courier(t, plan(w))(w, d).outcome
		if o.State != event.Failed || o.Class != event.Mapping || o.Attempt.Error != tt.says {
			t.Errorf("%s, %q: got %+v with %+v", tt.way, tt.value, o, o.Attempt)
		}
	}
}

// Whatever makes a request larger than 4 MiB, it is not cut but fails.
func TestOversizeIsTooLargeWhereverItStands(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long with -race, which finds nothing on one goroutine")
	}
	data := []byte(`{"v":"` + strings.Repeat("x", largestRequest) + `"}`)
	for way := range ways {
		w := hook(t, "w", "https://h.example:8443/a")
		ways[way](t, w)
		if w.Payload != nil {
			w.Payload = mapping(t, expr.Field{Name: "v", Value: program(t, "v")})
		}
		d := someDelivery("w")
		d.Event.Data = data
		if o := courier(t, plan(w))(w, d).outcome; o.State != event.Failed || o.Class != event.TooLarge || !strings.Contains(o.Attempt.Error, "4 MiB") {
			t.Errorf("%s: got %+v with %+v", way, o, o.Attempt)
		}
	}
}
