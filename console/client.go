package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/secret"
)

// Dial says where a console is and how to get in.
type Dial struct {
	Address string        // host:port; one to listen on will do
	Token   secret.Text   // empty: none is shown
	Timeout time.Duration // of one call, answer included; 0: 10 s
}

// A Client talks to the console of a running agent. It is safe for concurrent
// use and holds no connection between calls.
//
// A call fails with ErrUnreachable when no console answers, with a *Refusal when
// it answers no, and with the error of ctx when that ended first.
type Client struct {
	dial Dial
	host string
	http http.Client
}

// NewClient makes a client; it connects at each call.
func NewClient(d Dial) *Client {
	if d.Timeout == 0 {
		d.Timeout = 10 * time.Second
	}
	c := &Client{dial: d, host: Reachable(d.Address)}
	c.http = http.Client{
		Timeout:       d.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // no proxy: the agent is where the address says
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return c
}

// Reachable turns an address to listen on into one to connect to: every address
// of a machine is loopback from that machine, and nothing answers to the name of
// 0.0.0.0.
func Reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

// Status is the agent at a glance.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, request{path: at("status")})
}

// Webhooks lists the declared ones, and removed ones while deliveries wait for them.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	l, err := call[WebhookList](ctx, c, request{path: at("webhooks")})
	return l.Webhooks, err
}

// Webhook finds one. ErrNoWebhook.
func (c *Client) Webhook(ctx context.Context, name string) (Webhook, error) {
	return call[Webhook](ctx, c, request{path: at("webhooks", name)})
}

// Deliveries lists, newest first, without attempts.
func (c *Client) Deliveries(ctx context.Context, q Query) (List, error) {
	return call[List](ctx, c, request{path: at("deliveries"), query: q.values()})
}

// Delivery finds one with its attempts. [queue.ErrNotFound].
func (c *Client) Delivery(ctx context.Context, id string) (Delivery, error) {
	return call[Delivery](ctx, c, request{path: at("deliveries", id)})
}

// Event finds one with its deliveries. [queue.ErrNotFound].
func (c *Client) Event(ctx context.Context, id string) (Event, error) {
	return call[Event](ctx, c, request{path: at("events", id)})
}

// Explain tells what the configuration in force does with an event of the line,
// as package dryrun's explanations. [queue.ErrNotFound].
func (c *Client) Explain(ctx context.Context, id string) (json.RawMessage, error) {
	return call[json.RawMessage](ctx, c, request{path: at("events", id, "explain")})
}

// Plan tells what a reload would change now, as package dryrun's plan.
func (c *Client) Plan(ctx context.Context) (json.RawMessage, error) {
	return call[json.RawMessage](ctx, c, request{path: at("plan")})
}

// Replay puts a delivery back to pending. [queue.ErrNotFound], [queue.ErrGone],
// [queue.ErrLeased].
func (c *Client) Replay(ctx context.Context, id string) (Delivery, error) {
	return call[Delivery](ctx, c, request{method: http.MethodPost, path: at("deliveries", id, "replay")})
}

// Resume ends the suspension of a webhook. ErrNoWebhook.
func (c *Client) Resume(ctx context.Context, webhook string) error {
	_, err := call[struct{}](ctx, c, request{method: http.MethodPost, path: at("webhooks", webhook, "resume")})
	return err
}

// movePatience is longer than one call moves.
const movePatience = time.Minute

// Move gives what waits for a webhook that is not declared any more to one that
// is. ErrDeclared, ErrUndeclared, ErrNoWebhook.
func (c *Client) Move(ctx context.Context, from, to string) (Moved, error) {
	return call[Moved](ctx, c, request{
		method: http.MethodPost, path: at("webhooks", from, "move"), body: moveBody{to}, patience: movePatience,
	})
}

// Reload has the agent read its configuration. A refused one is no error: it
// has OK false, and says why.
func (c *Client) Reload(ctx context.Context) (Reload, error) {
	r, err := call[Reload](ctx, c, request{method: http.MethodPost, path: "/-/reload"})
	var no *Refusal
	if errors.As(err, &no) && no.Reason == reasonConfiguration {
		err = json.Unmarshal(no.body, &r)
	}
	return r, err
}

// Secrets lists what is stored.
func (c *Client) Secrets(ctx context.Context) ([]Secret, error) {
	l, err := call[SecretList](ctx, c, request{path: at("secrets")})
	return l.Secrets, err
}

// SetSecret stores the secret of a webhook. ErrInvalid.
func (c *Client) SetSecret(ctx context.Context, webhook string, value secret.Text) error {
	_, err := call[struct{}](ctx, c, request{method: http.MethodPut, path: at("secrets", webhook), body: secretBody{value.Reveal()}})
	return err
}

// RemoveSecret forgets it. ErrNoSecret, ErrInUse, ErrInvalid.
func (c *Client) RemoveSecret(ctx context.Context, webhook string) error {
	_, err := call[struct{}](ctx, c, request{method: http.MethodDelete, path: at("secrets", webhook)})
	return err
}

// Ready asks whether the agent takes events: nil, or why not. It needs no token.
func (c *Client) Ready(ctx context.Context) error {
	return c.health(ctx, "/readyz", "not ready")
}

// Alive asks whether the loops move that carry events, as Ready does.
func (c *Client) Alive(ctx context.Context) error {
	return c.health(ctx, "/livez", "not alive")
}

func (c *Client) health(ctx context.Context, path, bad string) error {
	a, err := c.send(ctx, request{path: path})
	switch {
	case err != nil:
		return err
	case a.kind != "text/plain":
		return c.refusal(a)
	case a.status != http.StatusOK:
		return fmt.Errorf("%s: %s", bad, inert.Text(strings.TrimSpace(string(a.body))))
	}
	return nil
}
