package console

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
)

// hostile is text that an event or a receiver may bring along.
var hostile = []string{
	`</script><script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`"><svg/onload=alert(1)>`,
	`' onmouseover='alert(1)`,
	`" autofocus onfocus="alert(1)`,
	`javascript:alert(1)`,
	`</pre></textarea></title></template><iframe src=javascript:alert(1)>`,
	`<!--<a href="]]>`,
	`{{.}} ${alert(1)} #{1}`,
	`+ADw-script+AD4-alert(1)+ADw-/script+AD4-`,
	`&lt;script&gt;&#60;script&#62;`,
	`/../../x?y=1#z`,
	"\x1b]52;c;cm0gLXJm\a\x1b[2J",
	"\u009b31m C1 \u007f",
	"a\r\nSet-Cookie: b\x00c\td",
	"invoice\u202egpj.exe\u2066\u200f",
	"two\u2028lines\u2029\ufeff",
}

// agentOf says text wherever an agent can say what others wrote.
func agentOf(text string) *fakeAgent {
	diagnostics, err := json.Marshal([]map[string]any{{"severity": "error", "summary": text, "file": text, "line": 3}})
	if err != nil {
		panic(err)
	}
	return &fakeAgent{
		status: Status{Version: text, State: text, Events: []string{text},
			Config: ConfigStatus{LastReload: "rejected", Rejected: diagnostics}},
		webhooks: []Webhook{{Name: text, Description: text, State: text, Reason: text, Method: text, URL: text,
			Events: []string{text}, Counts: map[string]int64{text: 1}}},
		deliveries: []event.Delivery{{ID: text, EventID: text, Type: text, Webhook: text, State: event.State(text), Class: event.Class(text),
			Attempts: []event.Attempt{{Number: 1, Status: 200, Class: event.Class(text), Error: text, ResponseBody: []byte(text)}}}},
		next: text,
	}
}

func TestHostileTextIsInertInPages(t *testing.T) {
	for _, text := range hostile {
		address := serve(t, Options{Agent: agentOf(text)})
		segment := url.PathEscape(text)
		for _, path := range []string{
			"/", "/deliveries", "/deliveries?webhook=" + url.QueryEscape(text) + "&type=" + url.QueryEscape(text),
			"/deliveries/" + segment, "/webhooks/" + segment, "/deliveries/none" + segment, "/webhooks/none" + segment,
			"/deliveries?state=" + url.QueryEscape(text),
		} {
			_, page := ask(t, address, asked{method: "GET", path: path})
			shown := inspect(t, path, page)
			if strings.Contains(path, "none") || strings.Contains(path, "state=") {
				continue // refusals need not quote it
			}
			if !strings.Contains(shown, inert.Text(text)) {
				t.Errorf("%s does not show %q:\n%s", path, text, shown)
			}
		}
	}
}

// inspect reads a page as a browser would, lets through only what our templates
// hold, and returns the text.
func inspect(t *testing.T, path, page string) string {
	t.Helper()
	for _, r := range page {
		if active(r) && r != '\n' && r != '\t' {
			t.Errorf("%s holds %U", path, r)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var text strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			return text.String()
		}
		if err != nil {
			t.Fatalf("%s: %v in\n%s", path, err, page)
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			inspectElement(t, path, token)
		case xml.Comment:
			t.Errorf("%s: a comment: %s", path, token)
		}
	}
}

var (
	ourElements = strings.Fields(`html head meta title link script body header a nav main footer section div p h1 h2 h3 span small b
		meter table thead tbody tr th td template form label input select option button dl dt dd code time article pre`)
	ourAttributes = strings.Fields(`lang charset name content rel href src defer class id role hidden data-state data-field data-label
		min max value aria-label method action selected datetime`)
)

func inspectElement(t *testing.T, path string, e xml.StartElement) {
	t.Helper()
	if !slices.Contains(ourElements, e.Name.Local) {
		t.Errorf("%s: <%s>", path, e.Name.Local)
	}
	for _, a := range e.Attr {
		if !slices.Contains(ourAttributes, a.Name.Local) {
			t.Errorf("%s: <%s %s=%q>", path, e.Name.Local, a.Name.Local, a.Value)
		}
		switch a.Name.Local {
		case "src":
			if a.Value != "/assets/live.js" {
				t.Errorf("%s: script from %q", path, a.Value)
			}
		case "href", "action":
			u, err := url.Parse(a.Value)
			if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(a.Value, "/") || strings.Contains(a.Value, "/..") {
				t.Errorf("%s: link to %q", path, a.Value)
			}
		}
	}
}

func TestHostileTextIsExactAndInertInJSON(t *testing.T) {
	for _, text := range hostile {
		agent := agentOf(text)
		agent.events = []event.Event{{ID: text, Type: text, Source: text, Data: mustJSON(t, map[string]string{"a": text})}}
		address := serve(t, Options{Agent: agent})
		segment := url.PathEscape(text)
		for _, path := range []string{
			"/api/v1/status", "/api/v1/webhooks", "/api/v1/webhooks/" + segment, "/api/v1/deliveries",
			"/api/v1/deliveries/" + segment, "/api/v1/events/" + segment, "/api/v1/deliveries/none" + segment,
			"/api/v1/deliveries?" + url.QueryEscape(text), "/api/v1/secrets/" + segment,
		} {
			_, body := ask(t, address, asked{method: "GET", path: path})
			if strings.ContainsFunc(body, func(r rune) bool { return active(r) && r != '\n' }) || strings.Contains(body, "<") {
				t.Errorf("%s holds what is not inert: %q", path, body)
			}
			if !json.Valid([]byte(body)) {
				t.Errorf("%s is not JSON: %s", path, body)
			}
		}
		d, err := NewClient(Dial{Address: address}).Delivery(t.Context(), text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if d.Type != text || string(*d.Class) != text || *d.Attempts[0].Error != text || *d.Attempts[0].ResponseBody != text {
			t.Errorf("%q came back as %+v", text, d)
		}
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
