package console

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/posternhq/postern/internal/inert"
)

// A check is one thing that has to be well.
type check struct {
	name string
	err  error
}

func (s *Server) livez(w http.ResponseWriter, r *http.Request) {
	health(w, r, check{"loops", s.Options.Agent.Alive()})
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	health(w, r, check{"loops", s.Options.Agent.Alive()}, check{"intake", s.Options.Agent.Ready()})
}

// health answers 200 or 503 in plain text: "ok" or what is wrong, and with
// ?verbose a line for each check.
func health(w http.ResponseWriter, r *http.Request, checks ...check) {
	var lines strings.Builder
	status, verdict := http.StatusOK, "ok"
	_, verbose := r.URL.Query()["verbose"]
	for _, c := range checks {
		switch {
		case c.err != nil:
			status, verdict = http.StatusServiceUnavailable, "failed"
			fmt.Fprintf(&lines, "[-]%s: %s\n", c.name, inert.Text(c.err.Error()))
		case verbose:
			fmt.Fprintf(&lines, "[+]%s ok\n", c.name)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "%s%s\n", lines.String(), verdict)
}
