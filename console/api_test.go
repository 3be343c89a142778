package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestAnswersOfTheAPI(t *testing.T) {
	address := serve(t, Options{Agent: busyAgent()})
	for name, path := range map[string]string{
		"status":      "/api/v1/status",
		"webhooks":    "/api/v1/webhooks",
		"webhook":     "/api/v1/webhooks/crm",
		"deliveries":  "/api/v1/deliveries",
		"pending":     "/api/v1/deliveries/dlv_3",
		"delivered":   "/api/v1/deliveries/dlv_1",
		"unattempted": "/api/v1/deliveries/dlv_2",
		"event":       "/api/v1/events/evt_2",
		"explained":   "/api/v1/events/evt_2/explain",
		"plan":        "/api/v1/plan",
		"secrets":     "/api/v1/secrets",
		"secret":      "/api/v1/secrets/crm",
	} {
		t.Run(name, func(t *testing.T) {
			w, body := ask(t, address, asked{method: "GET", path: path})
			if w.StatusCode != http.StatusOK || w.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s", w.Status, w.Header.Get("Content-Type"))
			}
			golden(t, name+".json", body)
		})
	}
}

func TestEmptyListsAreListsNotNull(t *testing.T) {
	address := serve(t, Options{Agent: &fakeAgent{}})
	for path, want := range map[string]string{
		"/api/v1/webhooks":   `{"webhooks": []}`,
		"/api/v1/deliveries": `{"deliveries": [], "next_cursor": null}`,
		"/api/v1/secrets":    `{"secrets": []}`,
	} {
		_, body := ask(t, address, asked{method: "GET", path: path})
		if got := strings.Join(strings.Fields(body), " "); strings.ReplaceAll(got, "{ ", "{") != strings.ReplaceAll(want, "}", " }") {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestQueryReachesTheAgent(t *testing.T) {
	agent := busyAgent()
	agent.next = "more/+"
	address := serve(t, Options{Agent: agent})
	for query, want := range map[string]Query{
		"":                        {Limit: 50},
		"?limit=500":              {Limit: 500},
		"?webhook=&state=&limit=": {Limit: 50},
		"?webhook=crm&state=held&type=Prize+Won&class=tls&since=2026-01-31T12:00:00Z&limit=1&cursor=a%2Fb": {
			Webhook: "crm", State: event.Held, Type: "Prize Won", Class: event.TLS, Since: noon, Limit: 1, Cursor: "a/b"},
	} {
		w, body := ask(t, address, asked{method: "GET", path: "/api/v1/deliveries" + query})
		if w.StatusCode != http.StatusOK || !strings.Contains(body, `"next_cursor": "more/+"`) {
			t.Errorf("%s: %s %s", query, w.Status, body)
		}
		if d := cmp.Diff(want, agent.query); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
}

func TestSinceMayBeAnAge(t *testing.T) {
	q, err := parseQuery("since=90m", noon)
	if err != nil || !q.Since.Equal(noon.Add(-90*time.Minute)) {
		t.Errorf("since %v, %v", q.Since, err)
	}
}

func TestBadParametersAreRefusedByName(t *testing.T) {
	address := serve(t, Options{Agent: busyAgent()})
	for path, name := range map[string]string{
		"/api/v1/deliveries?limit=0":               "limit",
		"/api/v1/deliveries?limit=501":             "limit",
		"/api/v1/deliveries?limit=ten":             "limit",
		"/api/v1/deliveries?state=lost":            "state",
		"/api/v1/deliveries?class=bad":             "class",
		"/api/v1/deliveries?since=yesterday":       "since",
		"/api/v1/deliveries?since=-1h":             "since",
		"/api/v1/deliveries?cursor=bad":            "cursor",
		"/api/v1/deliveries?statue=failed":         "statue",
		"/api/v1/deliveries?limit=1&limit=2":       "limit",
		"/api/v1/deliveries?a;b":                   "?",
		"/api/v1/deliveries?%1b[31m=1":             `\x1b[31m`,
		"/api/v1/deliveries/dlv_1?attempts=1":      "attempts",
		"/api/v1/status?verbose":                   "verbose",
		"/api/v1/webhooks/crm?token=0123456789abc": "token",
	} {
		w, body := ask(t, address, asked{method: "GET", path: path})
		p := readProblem(t, body)
		if w.StatusCode != http.StatusBadRequest || p["parameter"] != name {
			t.Errorf("%s: %s %s", path, w.Status, body)
		}
	}
}

func TestStateChanges(t *testing.T) {
	agent := busyAgent()
	address := serve(t, Options{Agent: agent})
	for _, c := range []struct {
		asked  asked
		status int
	}{
		{asked{method: "POST", path: "/api/v1/deliveries/dlv_1/replay"}, 202},
		{asked{method: "POST", path: "/api/v1/deliveries/dlv_1/replay", body: "{}", header: []string{"Content-Type: application/json; charset=utf-8"}}, 202},
		{asked{method: "POST", path: "/api/v1/webhooks/billing/resume"}, 204},
		{asked{method: "POST", path: "/api/v1/check"}, 200},
		{asked{method: "POST", path: "/api/v1/backup", body: `{"dir": "/backup", "secrets": true}`, header: []string{"Content-Type: application/json"}}, 204},
		{asked{method: "POST", path: "/api/v1/webhooks/old/move", body: `{"to": "crm"}`, header: []string{"Content-Type: application/json"}}, 200},
		{asked{method: "POST", path: "/-/reload"}, 200},
		{asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret": "0123456789abcdef \u00fc"}`, header: []string{"Content-Type: application/json"}}, 204},
		{asked{method: "DELETE", path: "/api/v1/secrets/crm"}, 204},
	} {
		w, body := ask(t, address, c.asked)
		if w.StatusCode != c.status {
			t.Errorf("%s %s: %s %s", c.asked.method, c.asked.path, w.Status, body)
		}
		if strings.Contains(body, "0123456789abcdef") {
			t.Errorf("the answer holds the secret: %s", body)
		}
	}
	want := []string{"replay dlv_1", "replay dlv_1", "resume billing", "check", "backup to /backup, secrets true", "move old to crm", "reload", "set crm 0123456789abcdef ü", "remove crm"}
	if d := cmp.Diff(want, agent.did); d != "" {
		t.Errorf("done (-want +got):\n%s", d)
	}
}

func TestReplayAnswersWithTheDelivery(t *testing.T) {
	_, body := ask(t, serve(t, Options{Agent: busyAgent()}), asked{method: "POST", path: "/api/v1/deliveries/dlv_1/replay"})
	golden(t, "replayed.json", body)
}

func TestMoveAnswersWithWhatIsLeft(t *testing.T) {
	_, body := ask(t, serve(t, Options{Agent: busyAgent()}), asked{
		method: "POST", path: "/api/v1/webhooks/old/move", body: `{"to": "crm"}`, header: []string{"Content-Type: application/json"},
	})
	golden(t, "moved.json", body)
}

func TestRefusedChangesChangeNothing(t *testing.T) {
	agent := busyAgent()
	address := serve(t, Options{Agent: agent})
	json := []string{"Content-Type: application/json"}
	for name, c := range map[string]struct {
		asked  asked
		status int
	}{
		"text body":           {asked{method: "POST", path: "/-/reload", body: "{}", header: []string{"Content-Type: text/plain"}}, 415},
		"form body":           {asked{method: "POST", path: "/api/v1/deliveries/dlv_1/replay", body: "a=b", header: []string{"Content-Type: application/x-www-form-urlencoded"}}, 415},
		"no type":             {asked{method: "POST", path: "/api/v1/webhooks/billing/resume", body: "{}"}, 415},
		"parameter":           {asked{method: "POST", path: "/-/reload?force=1"}, 400},
		"get":                 {asked{method: "GET", path: "/-/reload"}, 405},
		"get replay":          {asked{method: "GET", path: "/api/v1/deliveries/dlv_1/replay"}, 405},
		"put status":          {asked{method: "PUT", path: "/api/v1/status", body: "{}", header: json}, 405},
		"options":             {asked{method: "OPTIONS", path: "/-/reload"}, 405},
		"no delivery":         {asked{method: "POST", path: "/api/v1/deliveries/dlv_9/replay"}, 404},
		"no webhook":          {asked{method: "POST", path: "/api/v1/webhooks/dlv_1/resume"}, 404},
		"backup: nowhere":     {asked{method: "POST", path: "/api/v1/backup", body: `{"dir": "", "secrets": true}`, header: json}, 400},
		"backup: not whole":   {asked{method: "POST", path: "/api/v1/backup", body: `{"dir": "here"}`, header: json}, 400},
		"backup: by GET":      {asked{method: "GET", path: "/api/v1/backup"}, 405},
		"move: none":          {asked{method: "POST", path: "/api/v1/webhooks/old/move"}, 400},
		"move: to nobody":     {asked{method: "POST", path: "/api/v1/webhooks/old/move", body: `{"to": ""}`, header: json}, 400},
		"move: more":          {asked{method: "POST", path: "/api/v1/webhooks/old/move", body: `{"to": "crm", "from": "old"}`, header: json}, 400},
		"move: text":          {asked{method: "POST", path: "/api/v1/webhooks/old/move", body: `{"to": "crm"}`}, 415},
		"secret: none":        {asked{method: "PUT", path: "/api/v1/secrets/crm", header: json}, 400},
		"secret: empty":       {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret": ""}`, header: json}, 422},
		"secret: null":        {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `null`, header: json}, 422},
		"secret: a number":    {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret": 1234567890123456}`, header: json}, 400},
		"secret: more":        {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret": "1234567890123456", "x": 1}`, header: json}, 400},
		"secret: twice":       {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret": "1234567890123456"} {}`, header: json}, 400},
		"secret: not UTF-8":   {asked{method: "PUT", path: "/api/v1/secrets/crm", body: "{\"secret\": \"1234567890123456\xff\"}", header: json}, 400},
		"secret: half a rune": {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret": "1234567890123456\ud800"}`, header: json}, 422},
		"secret: too long":    {asked{method: "PUT", path: "/api/v1/secrets/crm", body: `{"secret": "` + strings.Repeat("x", maxBody) + `"}`, header: json}, 413},
	} {
		t.Run(name, func(t *testing.T) {
			w, body := ask(t, address, c.asked)
			if w.StatusCode != c.status || w.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s", w.Status, body)
			}
			if strings.Contains(body, "1234567890") {
				t.Errorf("the answer quotes the secret: %s", body)
			}
			if w.StatusCode == 405 && w.Header.Get("Allow") == "" {
				t.Error("no Allow")
			}
		})
	}
	if len(agent.did) != 0 {
		t.Errorf("done: %q", agent.did)
	}
}

func TestErrorsOfTheAgentHaveTheirStatus(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{queue.ErrLeased, 409}, {queue.ErrGone, 409}, {ErrInUse, 409}, {ErrDeclared, 409}, {ErrUndeclared, 409}, {ErrNoSecret, 404},
		{ErrInvalid, 422}, {queue.ErrUnavailable, 503}, {errDisk, 500},
	} {
		agent := busyAgent()
		agent.refuses = c.err
		w, body := ask(t, serve(t, Options{Agent: agent}), asked{method: "POST", path: "/api/v1/deliveries/dlv_1/replay"})
		p := readProblem(t, body)
		if detail, _ := p["detail"].(string); w.StatusCode != c.status || !strings.Contains(detail, c.err.Error()) {
			t.Errorf("%v: %s %s", c.err, w.Status, body)
		}
	}
}

func TestRefusedReloadTellsWhy(t *testing.T) {
	agent := busyAgent()
	agent.reload = Reload{Generation: 2, Diagnostics: agent.status.Config.Rejected, Text: "crm.hcl:7,3: Unknown attribute\n"}
	w, body := ask(t, serve(t, Options{Agent: agent}), asked{method: "POST", path: "/-/reload"})
	p := readProblem(t, body)
	diagnostics, _ := p["diagnostics"].([]any)
	if w.StatusCode != http.StatusUnprocessableEntity || len(diagnostics) != 3 || p["ok"] != false || p["text"] != agent.reload.Text {
		t.Errorf("%s %s", w.Status, body)
	}
}

func TestEventsThatComeToTheConsoleAreShownTheDoor(t *testing.T) {
	w, body := ask(t, serve(t, Options{Agent: busyAgent()}), asked{method: "POST", path: "/v1/events/contact.subscribed", body: "{}"})
	if w.StatusCode != http.StatusNotFound || !strings.Contains(body, "127.0.0.1:7480") {
		t.Errorf("%s %s", w.Status, body)
	}
}
