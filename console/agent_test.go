package console

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A fakeAgent is an agent of plain values.
type fakeAgent struct {
	tail       Tail
	from       uint64 // that was asked for
	status     Status
	webhooks   []Webhook
	deliveries []event.Delivery
	events     []event.Event
	secrets    []Secret
	reload     Reload
	moved      Moved
	next       string // NextCursor

	broken       error // of Status, Webhooks and Deliveries
	refuses      error // of what changes something
	alive, ready error

	mu    sync.Mutex
	did   []string // what was changed, in order
	query Query    // the last one
}

func (f *fakeAgent) note(what string) error {
	if f.refuses != nil {
		return f.refuses
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did = append(f.did, what)
	return nil
}

func (f *fakeAgent) Status(context.Context) (Status, error)      { return f.status, f.broken }
func (f *fakeAgent) Webhooks(context.Context) ([]Webhook, error) { return f.webhooks, f.broken }

func (f *fakeAgent) Deliveries(_ context.Context, q Query) (queue.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.query = q
	if q.Cursor == "bad" {
		return queue.Page{}, queue.ErrCursor
	}
	var p queue.Page
	for _, d := range f.deliveries {
		d.Attempts = nil
		if q.Webhook == "" || q.Webhook == d.Webhook {
			p.Deliveries = append(p.Deliveries, d)
		}
	}
	p.NextCursor = f.next
	return p, f.broken
}

func (f *fakeAgent) Delivery(_ context.Context, id string) (event.Delivery, error) {
	for _, d := range f.deliveries {
		if d.ID == id {
			return d, nil
		}
	}
	return event.Delivery{}, queue.ErrNotFound
}

func (f *fakeAgent) Event(_ context.Context, id string) (event.Event, []event.Delivery, error) {
	for _, e := range f.events {
		if e.ID == id {
			return e, f.deliveries, nil
		}
	}
	return event.Event{}, nil, queue.ErrNotFound
}

func (f *fakeAgent) Recent(from uint64) Tail {
	f.from = from
	t := f.tail
	t.Attempts = slices.Clone(t.Attempts)
	return t
}

func (f *fakeAgent) Replay(ctx context.Context, id string) (event.Delivery, error) {
	d, err := f.Delivery(ctx, id)
	if err != nil {
		return d, err
	}
	d.State = event.Pending
	return d, f.note("replay " + id)
}

func (f *fakeAgent) Resume(_ context.Context, webhook string) error {
	if !slices.ContainsFunc(f.webhooks, func(w Webhook) bool { return w.Name == webhook }) {
		return ErrNoWebhook
	}
	return f.note("resume " + webhook)
}

func (f *fakeAgent) Move(_ context.Context, from, to string) (Moved, error) {
	return f.moved, f.note("move " + from + " to " + to)
}

func (f *fakeAgent) Explain(ctx context.Context, id string) (json.RawMessage, error) {
	e, _, err := f.Event(ctx, id)
	return json.RawMessage(`[{"webhook":"explains ` + e.ID + `"}]`), err
}

func (f *fakeAgent) Plan(context.Context) (json.RawMessage, error) {
	return json.RawMessage(`{"added":["planned"]}`), f.broken
}

func (f *fakeAgent) Reload(context.Context) Reload {
	_ = f.note("reload")
	return f.reload
}

func (f *fakeAgent) Secrets(context.Context) ([]Secret, error) { return f.secrets, nil }

func (f *fakeAgent) SetSecret(_ context.Context, webhook, value string) error {
	return f.note("set " + webhook + " " + value)
}

func (f *fakeAgent) RemoveSecret(_ context.Context, webhook string) error {
	return f.note("remove " + webhook)
}

func (f *fakeAgent) Check(context.Context) (json.RawMessage, error) {
	return json.RawMessage(`{"ok":true}`), f.note("check")
}

func (f *fakeAgent) Backup(_ context.Context, dir string, secrets bool) error {
	return f.note(fmt.Sprintf("backup to %s, secrets %v", dir, secrets))
}

func (f *fakeAgent) Alive() error { return f.alive }
func (f *fakeAgent) Ready() error { return f.ready }

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// busyAgent has one of everything.
func busyAgent() *fakeAgent {
	counts := func(pending, held, delivered, failed int64) map[string]int64 {
		return map[string]int64{"pending": pending, "held": held, "orphaned": 0, "delivered": delivered, "failed": failed, "skipped": 0}
	}
	return &fakeAgent{
		status: Status{
			Version: "1.2.3", Started: noon, State: "running", Events: []string{"127.0.0.1:7480"},
			Config: ConfigStatus{Path: "/etc/postern", Generation: 2, Hash: "ab12", Loaded: noon.Add(time.Minute), LastReload: "rejected",
				Rejected: json.RawMessage(`[{"severity":"warning","summary":"A short secret.","file":"a.hcl","line":1},
					{"severity":"error","summary":"Unknown attribute \"urll\".","file":"/etc/postern/crm.hcl","line":7,"column":3},
					{"severity":"error","summary":"No url.","file":"/etc/postern/crm.hcl","line":6,"column":1}]`)},
			Queue: QueueStatus{Bytes: 300 << 20, MaxBytes: 1 << 30, FreeBytes: 9 << 30, Corrupt: 1, Counts: counts(3, 2, 40, 1),
				Discarded: []Discarded{{"crm", "delivered", 12}}},
		},
		webhooks: []Webhook{
			{Name: "billing", State: "suspended", Reason: "the receiver answered 410", Since: new(noon), Method: "POST",
				URL: "https://billing.example.com/in/(sensitive)", Events: []string{"*"}, Counts: counts(0, 2, 0, 1), Oldest: new(noon.Add(-time.Hour))},
			{Name: "crm", Description: "New contacts", State: "active", Method: "POST", URL: "https://crm.example.com/hook",
				Events: []string{"contact.*", "campaign.finished"}, Counts: counts(3, 0, 40, 0), Oldest: new(noon)},
			{Name: "sms", State: "circuit_open", Reason: "no answer within 15s", Since: new(noon), NextProbe: new(noon.Add(5 * time.Second)),
				Method: "GET", URL: "https://sms.example.com/send", Events: []string{"*"}, Counts: counts(0, 0, 0, 0)},
		},
		deliveries: []event.Delivery{
			{ID: "dlv_3", EventID: "evt_2", Type: "contact.subscribed", Webhook: "crm", State: event.Pending, Class: event.Status,
				Created: noon.Add(2 * time.Second), Next: noon.Add(time.Minute), Charged: 1, Attempts: []event.Attempt{
					{Number: 1, At: noon.Add(3 * time.Second), Duration: 120 * time.Millisecond, Status: 500, Class: event.Status,
						Error: "the receiver answered 500", ResponseBody: []byte("no \u00fc today"), Truncated: true},
				}},
			{ID: "dlv_2", EventID: "evt_2", Type: "contact.subscribed", Webhook: "billing", State: event.Held, Created: noon.Add(2 * time.Second)},
			{ID: "dlv_1", EventID: "evt_1", Type: "Prize Won", Webhook: "crm", State: event.Delivered, Class: event.OK, Created: noon, Attempts: []event.Attempt{
				{Number: 1, At: noon, Duration: 15 * time.Second, Class: event.Timeout, Error: "no answer within 15s"},
				{Number: 2, At: noon.Add(time.Second), Duration: 80 * time.Millisecond, Status: 204, Class: event.OK, ResponseBody: []byte{0xff, 0xfe},
					Connection: event.Connection{Remote: netip.MustParseAddrPort("192.0.2.7:443"), TLS: tls.VersionTLS13},
					Timeline: event.Timeline{DNS: 1234567, Connect: 20 * time.Millisecond, TLS: 45 * time.Millisecond, Sent: 45100 * time.Microsecond,
						FirstByte: 79900 * time.Microsecond, Done: 80 * time.Millisecond}},
			}},
		},
		events:  []event.Event{{ID: "evt_2", Type: "contact.subscribed", Source: "app", Data: []byte(`{"n":12345678901234567890,"f":1.10,"text":"<b>"}`), Accepted: noon}},
		secrets: []Secret{{Webhook: "crm", Set: noon, From: "set"}},
		moved:   Moved{Moved: 3, Left: 2, UnderWay: 1, Owed: 1},
		reload:  Reload{OK: true, Generation: 3, Changed: true, Added: []string{"new"}, Updated: []string{}, Removed: []string{}},
	}
}

var errDisk = errors.New("the disk is on fire")
