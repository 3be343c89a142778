package console

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/queue"
)

func TestClientHearsWhatTheAgentSays(t *testing.T) {
	agent := busyAgent()
	agent.next = "more"
	c := NewClient(Dial{Address: serve(t, Options{Agent: agent})})
	ctx := t.Context()
	same := func(what string, want, got any, err error) {
		t.Helper()
		if d := cmp.Diff(want, got, cmp.Comparer(sameJSON)); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, d)
		}
	}
	status, err := c.Status(ctx)
	same("status", agent.status, status, err)
	webhooks, err := c.Webhooks(ctx)
	same("webhooks", agent.webhooks, webhooks, err)
	webhook, err := c.Webhook(ctx, "crm")
	same("webhook", agent.webhooks[1], webhook, err)
	delivery, err := c.Delivery(ctx, "dlv_1")
	same("delivery", detailed(agent.deliveries[2]), delivery, err)
	list, err := c.Deliveries(ctx, Query{})
	same("deliveries", List{listAll(agent.deliveries), new("more")}, list, err)
	e, err := c.Event(ctx, "evt_2")
	same("event", eventWith(agent.events[0], agent.deliveries), e, err)
	explained, err := c.Explain(ctx, "evt_2")
	same("explained", json.RawMessage(`[{"webhook":"explains evt_2"}]`), explained, err)
	plan, err := c.Plan(ctx)
	same("plan", json.RawMessage(`{"added":["planned"]}`), plan, err)
	secrets, err := c.Secrets(ctx)
	same("secrets", agent.secrets, secrets, err)
	replayed, err := c.Replay(ctx, "dlv_1")
	same("replayed", event.Pending, replayed.State, err)
	reload, err := c.Reload(ctx)
	same("reload", agent.reload, reload, err)
	moved, err := c.Move(ctx, "old", "crm")
	same("moved", agent.moved, moved, err)
	same("resume", nil, nil, c.Resume(ctx, "billing"))
	same("set", nil, nil, c.SetSecret(ctx, "crm", secret.New("0123456789abcdef\n\u202e")))
	same("remove", nil, nil, c.RemoveSecret(ctx, "a/b c"))
	same("ready", nil, nil, c.Ready(ctx))
	same("done", []string{"replay dlv_1", "reload", "move old to crm", "resume billing", "set crm 0123456789abcdef\n\u202e", "remove a/b c"}, agent.did, nil)
}

func sameJSON(x, y json.RawMessage) bool {
	var a, b any
	return string(x) == string(y) || json.Unmarshal(x, &a) == nil && json.Unmarshal(y, &b) == nil && cmp.Equal(a, b)
}

func TestClientSendsTheWholeQuery(t *testing.T) {
	agent := busyAgent()
	q := Query{Webhook: "a b", State: event.Held, Type: "Prize Won&x", Class: event.DNS, Since: noon.Add(time.Nanosecond), Limit: 7, Cursor: "+/="}
	if _, err := NewClient(Dial{Address: serve(t, Options{Agent: agent})}).Deliveries(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(q, agent.query); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestRefusedReloadIsNoErrorOfTheCall(t *testing.T) {
	agent := busyAgent()
	agent.reload = Reload{Generation: 2, Added: []string{}, Updated: []string{}, Removed: []string{}, Diagnostics: json.RawMessage(`[{"summary":"No url."}]`), Text: "No url.\n"}
	got, err := NewClient(Dial{Address: serve(t, Options{Agent: agent})}).Reload(t.Context())
	if d := cmp.Diff(agent.reload, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestRefusalsAreTheErrorsThatTheAgentGave(t *testing.T) {
	for _, want := range []error{queue.ErrLeased, queue.ErrGone, queue.ErrUnavailable, ErrDeclared, ErrUndeclared, ErrInUse, ErrInvalid, ErrNoSecret} {
		agent := busyAgent()
		agent.refuses = want
		_, err := NewClient(Dial{Address: serve(t, Options{Agent: agent})}).Replay(t.Context(), "dlv_1")
		var refusal *Refusal
		if !errors.Is(err, want) || !errors.As(err, &refusal) || errors.Is(err, ErrUnreachable) {
			t.Errorf("%v: %v", want, err)
		}
	}
}

func TestRefusalsTellWhatToDo(t *testing.T) {
	agent := busyAgent()
	agent.ready, agent.alive = errors.New("stopping"), errors.New("stuck")
	agent.refuses = errDisk
	address := serve(t, Options{Agent: agent, Token: secret.New("token")})
	with := NewClient(Dial{Address: address, Token: secret.New("token")})
	for _, c := range []struct {
		err    error
		status int
		text   string
	}{
		{second(NewClient(Dial{Address: address}).Status(t.Context())), 401, "a token is needed"},
		{second(NewClient(Dial{Address: address, Token: secret.New("x")}).Status(t.Context())), 401, "not the one that is configured"},
		{second(with.Delivery(t.Context(), "dlv_9")), 404, "delivery dlv_9: not found"},
		{second(with.Event(t.Context(), "../status")), 404, "event ../status: not found"},
		{second(with.Webhook(t.Context(), "x")), 404, "no such webhook"},
		{second(with.Deliveries(t.Context(), Query{Limit: 1000})), 400, "from 1 to 500"},
		{second(with.Replay(t.Context(), "dlv_1")), 500, "the disk is on fire"},
	} {
		var r *Refusal
		if !errors.As(c.err, &r) || r.Status != c.status || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v, want %d %s", c.err, c.status, c.text)
		}
	}
	if err := with.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "stopping") {
		t.Errorf("ready: %v", err)
	}
	if err := with.Alive(t.Context()); err == nil || !strings.Contains(err.Error(), "not alive: [-]loops: stuck") {
		t.Errorf("alive: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestIDsThatAreNoSegmentAreNotFound(t *testing.T) {
	c := NewClient(Dial{Address: serve(t, Options{Agent: busyAgent()})})
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.Replay(t.Context(), id); !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/webhooks" {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte("<h1>Not Postern</h1>\x1b[2J"))
	}))
	defer page.Close()
	other := strings.TrimPrefix(page.URL, "http://")
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()

	for name, c := range map[string]struct {
		dial Dial
		text string
	}{
		"nothing there": {Dial{Address: closed.Addr().String()}, "connection refused; is it running"},
		"silent":        {Dial{Address: silent.Addr().String(), Timeout: 50 * time.Millisecond}, "did not answer within 50ms"},
		"other program": {Dial{Address: other}, "is not a Postern console"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewClient(c.dial).Status(t.Context())
			if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := NewClient(Dial{Address: other}).Webhooks(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("redirected: %v", err)
	}
	if err := NewClient(Dial{Address: other}).Ready(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("ready: %v", err)
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = NewClient(Dial{Address: silent.Addr().String()}).Status(ctx)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("%v", err)
	}
}

func TestAddressToListenOnIsOneToConnectTo(t *testing.T) {
	for in, want := range map[string]string{
		"0.0.0.0:7481": "127.0.0.1:7481", "[::]:7481": "[::1]:7481", ":7481": "127.0.0.1:7481",
		"postern:7481": "postern:7481", "[::1]:1": "[::1]:1", "nonsense": "nonsense",
	} {
		if got := Reachable(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	_, err := NewClient(Dial{Address: "no address at all"}).Status(t.Context())
	if err == nil || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("%v", err)
	}
}
