package console

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/posternhq/postern/queue"
)

// An api answers requests with values; how they are written is the business of [resource].
type api struct{ agent Agent }

func (a api) status(r *http.Request) (any, error) {
	s, err := a.agent.Status(r.Context())
	if s.Queue.Discarded == nil {
		s.Queue.Discarded = []Discarded{}
	}
	return s, err
}

func (a api) webhooks(r *http.Request) (any, error) {
	all, err := a.agent.Webhooks(r.Context())
	return WebhookList{orEmpty(all)}, err
}

func (a api) webhook(r *http.Request) (any, error) {
	return findWebhook(r, a.agent)
}

// findWebhook looks up the webhook that the path names.
func findWebhook(r *http.Request, agent Agent) (Webhook, error) {
	all, err := agent.Webhooks(r.Context())
	if err != nil {
		return Webhook{}, err
	}
	for _, w := range all {
		if w.Name == r.PathValue("name") {
			return w, nil
		}
	}
	return Webhook{}, about("webhook", r.PathValue("name"), ErrNoWebhook)
}

func (a api) deliveries(r *http.Request) (any, error) {
	q, err := parseQuery(r.URL.RawQuery, time.Now())
	if err != nil {
		return nil, err
	}
	return list(r, a.agent, q)
}

func list(r *http.Request, agent Agent, q Query) (List, error) {
	page, err := agent.Deliveries(r.Context(), q)
	if errors.Is(err, queue.ErrCursor) {
		err = &ParameterError{"cursor", err.Error()}
	}
	return List{Deliveries: listAll(page.Deliveries), NextCursor: orNull(page.NextCursor)}, err
}

func (a api) delivery(r *http.Request) (any, error) {
	d, err := a.agent.Delivery(r.Context(), r.PathValue("id"))
	return detailed(d), about("delivery", r.PathValue("id"), err)
}

func (a api) event(r *http.Request) (any, error) {
	e, ds, err := a.agent.Event(r.Context(), r.PathValue("id"))
	return eventWith(e, ds), about("event", r.PathValue("id"), err)
}

func (a api) explain(r *http.Request) (any, error) {
	raw, err := a.agent.Explain(r.Context(), r.PathValue("id"))
	return raw, about("event", r.PathValue("id"), err)
}

func (a api) plan(r *http.Request) (any, error) {
	return a.agent.Plan(r.Context())
}

func (a api) replay(r *http.Request) (any, error) {
	d, err := a.agent.Replay(r.Context(), r.PathValue("id"))
	return accepted{detailed(d)}, about("delivery", r.PathValue("id"), err)
}

func (a api) repeat(r *http.Request) (any, error) {
	d, err := a.agent.Repeat(r.Context(), r.PathValue("id"))
	return accepted{detailed(d)}, about("delivery", r.PathValue("id"), err)
}

func (a api) reload(r *http.Request) (any, error) {
	return a.agent.Reload(r.Context()), nil
}

func (a api) resume(r *http.Request) (any, error) {
	name := r.PathValue("name")
	return nil, about("webhook", name, a.agent.Resume(r.Context(), name))
}

// about says what an error is about: the id or name in the path.
func about(noun, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", noun, name, err)
}

// orEmpty makes nil the empty list that JSON wants.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
