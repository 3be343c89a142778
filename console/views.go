package console

import (
	"net/http"
	"time"

	"github.com/posternhq/postern/event"
)

// pages make views of what the agent tells, in the same values as the API.
type pages struct{ agent Agent }

// recent is how many deliveries an overview shows.
const recent = 20

type overview struct {
	Status     Status
	Refused    *Refused // the configuration on disk, when it is not in force
	Webhooks   []Webhook
	Deliveries []Delivery
	Trouble    string // why something is missing here

	// What the rows are made of that the script copies.
	NoWebhook  Webhook
	NoDelivery Delivery
}

// overview shows what can be had: when the line can't be read, the rest is
// wanted all the more.
func (p pages) overview(r *http.Request) (view, error) {
	var o overview
	var err, trouble error
	if o.Status, err = p.agent.Status(r.Context()); err != nil {
		trouble = err
	}
	if o.Webhooks, err = p.agent.Webhooks(r.Context()); err != nil {
		trouble = err
	}
	l, err := list(r, p.agent, Query{Limit: recent})
	if err != nil {
		trouble = err
	}
	o.Deliveries = l.Deliveries
	o.Refused = o.Status.Config.Refused()
	if trouble != nil {
		o.Trouble = trouble.Error()
	}
	return view{name: "overview", Title: "Overview", Content: o, Live: true}, nil
}

type deliveriesPage struct {
	Query      Query
	Deliveries []Delivery
	Older      string // where the next page is; empty on the last one
	States     []event.State
	Classes    []event.Class
}

func (p pages) deliveries(r *http.Request) (view, error) {
	q, err := parseQuery(r.URL.RawQuery, time.Now())
	if err != nil {
		return view{}, err
	}
	l, err := list(r, p.agent, q)
	if err != nil {
		return view{}, err
	}
	content := deliveriesPage{Query: q, Deliveries: l.Deliveries, States: states, Classes: classes}
	if l.NextCursor != nil {
		older := q
		older.Cursor = *l.NextCursor
		content.Older = older.page()
	}
	return view{name: "deliveries", Title: "Deliveries", Content: content}, nil
}

// page is where the page shows what q chooses.
func (q Query) page() string { return "/deliveries?" + q.values().Encode() }

func (p pages) delivery(r *http.Request) (view, error) {
	d, err := p.agent.Delivery(r.Context(), r.PathValue("id"))
	if err != nil {
		return view{}, about("delivery", r.PathValue("id"), err)
	}
	return view{name: "delivery", Title: "Delivery", Content: detailed(d)}, nil
}

type webhookPage struct {
	Webhook    Webhook
	Deliveries []Delivery
	More       bool   // than were looked at
	All        string // where all of its deliveries are
}

func (p pages) webhook(r *http.Request) (view, error) {
	w, err := findWebhook(r, p.agent)
	if err != nil {
		return view{}, err
	}
	l, err := list(r, p.agent, Query{Webhook: w.Name, Limit: recent})
	if err != nil {
		return view{}, err
	}
	return view{name: "webhook", Title: "Webhook", Content: webhookPage{w, l.Deliveries, l.NextCursor != nil, Query{Webhook: w.Name}.page()}}, nil
}
