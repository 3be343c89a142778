package outbound

import (
	"context"
	"net/http"
	"time"

	"github.com/posternhq/postern/event"
)

// Compose makes the request that a first attempt at the time at would send, by
// the code that sends it, and sends nothing. Secrets are in it. Errors are those
// for which a delivery fails as mapping or too_large.
func Compose(p *Plan, w *Webhook, e *event.Event, at time.Time, version string) (*http.Request, error) {
	d := &event.Delivery{EventID: e.ID, Type: e.Type, Webhook: w.Name, Event: e}
	r, err := prepare(p, w, d, Scope(e), at, "postern/"+headerSafe(version))
	if err != nil {
		return nil, err
	}
	return r.http(context.Background()), nil
}
