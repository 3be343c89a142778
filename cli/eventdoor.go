package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/secret"
)

const (
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 32 << 20

	// doorPatience is how long an answer may take: the door waits for the disk.
	doorPatience = 30 * time.Second
)

// An eventDoor is where events go in.
type eventDoor struct {
	place  string // for people
	url    string // of /v1/events
	host   string // in place of the URL's; empty: the URL's
	token  secret.Text
	client *http.Client
}

// A receipt is the door's answer to one event.
type receipt struct {
	ID         string `json:"id"`
	Deliveries int    `json:"deliveries"`
	Duplicate  bool   `json:"duplicate,omitempty"`

	Outcomes []standing `json:"outcomes,omitempty"` // where they were asked for
}

// A standing is how one delivery of an event stands.
type standing struct {
	Webhook string  `json:"webhook"`
	State   string  `json:"state"`
	Class   *string `json:"class"`
	Status  *int    `json:"status"`
	Error   *string `json:"error"`
}

// why is what there is to say beside the state; empty for a success.
func (o standing) why() string {
	switch {
	case o.Error != nil:
		return ": " + inert.Text(*o.Error)
	case o.Class != nil && o.State != string(event.Delivered):
		return ": " + inert.Text(*o.Class)
	}
	return ""
}

func (d *eventDoor) configured(l config.Listen) (token secret.Text) {
	if l.Kind == "unix" {
		d.at("unix", l.Path)
		return secret.Text{}
	}
	d.at("http", console.Reachable(l.Address))
	if len(l.Hosts) > 0 && !loopback(l.Address) {
		d.host = l.Hosts[0]
	}
	return l.Token
}

// at sets where to go: the path of a socket, or host:port.
func (d *eventDoor) at(kind, place string) {
	d.place = place
	if kind == "unix" {
		d.url = "http://localhost"
		d.client = newClient(func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", place)
		})
		return
	}
	d.url, d.client = "http://"+place, newClient(nil)
}

// newClient makes a client that goes where it is told: no proxy from the
// environment, no redirects.
func newClient(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       doorPatience,
	}
}

// post sends one event.
func (d *eventDoor) post(ctx context.Context, body []byte) (got receipt, err error) {
	err = d.ask(ctx, "application/json", body, &got)
	if err == nil && got.ID == "" {
		err = d.strange()
	}
	return got, err
}

// ask sends events and reads the answer into got.
func (d *eventDoor) ask(ctx context.Context, media string, body []byte, got any) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Host = d.host
	q.Header.Set("Content-Type", media)
	q.Header.Set("User-Agent", "postern/"+version())
	if !d.token.Empty() {
		q.Header.Set("Authorization", "Bearer "+d.token.Reveal())
	}
	r, err := d.client.Do(q)
	if err != nil {
		return d.unanswered(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("send: the answer broke off; whether the event was taken is not known: %w", err)
	}
	switch r.StatusCode {
	case http.StatusAccepted, http.StatusOK:
	case http.StatusUnauthorized:
		return fmt.Errorf("refused: %s; give --token-file or POSTERN_TOKEN", refusal(r.Status, raw))
	default:
		return fmt.Errorf("refused: %s", refusal(r.Status, raw))
	}
	if json.Unmarshal(raw, got) != nil {
		return d.strange()
	}
	return nil
}

func (d *eventDoor) strange() error {
	return fmt.Errorf("send: what answers at %s is no event door", d.url)
}

// unanswered tells what never got there from what may have.
func (d *eventDoor) unanswered(err error) error {
	var within *url.Error
	if errors.As(err, &within) {
		err = within.Err
	}
	var failed *net.OpError
	if errors.As(err, &failed) && failed.Op == "dial" {
		return &unreachableError{fmt.Errorf("no agent takes events at %s: %w", d.place, failed.Err),
			"Is the agent running (postern run), and is this its event door? Give --url or --socket, or --config for its listen block."}
	}
	return &unreachableError{fmt.Errorf("no answer from %s: %w", d.place, err),
		"Whether the event was taken is not known. Sent again with the same --id, it is taken once."}
}

// refusal is a problem body (RFC 9457) in one sentence.
func refusal(status string, body []byte) string {
	var p struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &p) != nil {
		return status
	}
	switch {
	case p.Detail != "":
		return status + ": " + p.Detail
	case p.Title != "":
		return status + ": " + p.Title
	}
	return status
}

func loopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
