package console

import (
	"context"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/internal/door"
	"github.com/posternhq/postern/internal/secret"
)

// Options of a [Server].
type Options struct {
	Agent   Agent        // required
	Metrics http.Handler // of /metrics; nil: there is none
	Log     *zap.Logger  // of panics and, for debugging, of broken connections; nil: none

	// Token is what Authorization has to show; empty: nothing is asked for,
	// which is refused on an address that other machines can reach.
	Token secret.Text

	// Hosts are the Host names that are ours on an address off loopback; none: any.
	Hosts []string

	// Connections are held at once; 0: door.Connections.
	Connections int
}

// A Server is the console's door.
type Server struct {
	Options Options
}

// farewell is for requests under way at the end: nothing waits for them but the
// end of the process.
const farewell = time.Second

// Serve answers requests until ctx is done, lets those under way finish for a
// moment, and closes l, which it does in any case.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	front := door.Server{
		Rules: door.Rules{
			Token: s.Options.Token, Hosts: s.Options.Hosts,
			Open: []string{"/livez", "/readyz", "/healthz"},
		},
		Before:  forBrowsers,
		Handler: s.routes(),
		Limits:  door.Limits{Drain: farewell, Connections: s.Options.Connections},
		Log:     s.Options.Log,
	}
	return front.Serve(ctx, l)
}

func (s *Server) routes() http.Handler {
	a := api{s.Options.Agent}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/status", resource{get: a.status})
	mux.Handle("/api/v1/webhooks", resource{get: a.webhooks})
	mux.Handle("/api/v1/webhooks/{name}", resource{get: a.webhook})
	mux.Handle("/api/v1/webhooks/{name}/resume", resource{post: a.resume})
	mux.Handle("/api/v1/webhooks/{name}/move", resource{post: a.move, patience: movePatience})
	mux.Handle("/api/v1/attempts", resource{get: a.attempts, queried: true})
	mux.Handle("/api/v1/deliveries", resource{get: a.deliveries, queried: true})
	mux.Handle("/api/v1/deliveries/{id}", resource{get: a.delivery})
	mux.Handle("/api/v1/deliveries/{id}/replay", resource{post: a.replay})
	mux.Handle("/api/v1/deliveries/{id}/repeat", resource{post: a.repeat})
	mux.Handle("/api/v1/events/{id}", resource{get: a.event})
	mux.Handle("/api/v1/events/{id}/explain", resource{get: a.explain})
	mux.Handle("/api/v1/plan", resource{get: a.plan})
	mux.Handle("/api/v1/secrets", resource{get: a.secrets})
	mux.Handle("/api/v1/secrets/{name}", resource{get: a.secret, put: a.setSecret, del: a.removeSecret})
	mux.Handle("/api/v1/check", resource{post: a.check, patience: storagePatience})
	mux.Handle("/api/v1/backup", resource{post: a.backup, patience: storagePatience})
	mux.Handle("/-/reload", resource{post: a.reload})

	p := pages{s.Options.Agent}
	mux.Handle("/{$}", page(p.overview))
	mux.Handle("/deliveries", page(p.deliveries))
	mux.Handle("/deliveries/{id}", page(p.delivery))
	mux.Handle("/webhooks/{name}", page(p.webhook))
	mux.Handle("/assets/{name}", readOnly(asset))

	mux.Handle("/livez", readOnly(s.livez))
	mux.Handle("/readyz", readOnly(s.readyz))
	mux.Handle("/healthz", readOnly(s.readyz))
	if s.Options.Metrics != nil {
		mux.Handle("/metrics", readOnly(s.Options.Metrics.ServeHTTP))
	}
	mux.HandleFunc("/", refuse(errNoPath))
	mux.HandleFunc("/v1/", refuse(errNoEvents))
	return mux
}

func refuse(err error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { problem(err).Write(w) }
}

// readOnly lets GET and HEAD through.
type readOnly http.HandlerFunc

func (h readOnly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		problem(errMethod).Write(w)
		return
	}
	h(w, r)
}
