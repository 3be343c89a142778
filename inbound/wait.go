package inbound

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/door"
)

// An Outcome is how a delivery of an accepted event stands.
type Outcome struct {
	Webhook string       `json:"webhook"`
	State   event.State  `json:"state"`
	Class   *event.Class `json:"class"`  // of the last attempt; null before the first
	Status  *int         `json:"status"` // of the answer; null when there was none
	Error   *string      `json:"error"`  // for people; null when there was none
}

const (
	longestWait = 30 * time.Second

	// toAnswer is what is left for the answer behind a wait.
	toAnswer = 10 * time.Second
)

// waitOf is how long a request wants to wait for outcomes; negative: not at all,
// and none are wanted. Nothing else in a query means anything.
func waitOf(u *url.URL) (time.Duration, *door.Problem) {
	if u.RawQuery == "" {
		return -1, nil
	}
	given, ok := u.Query()["wait"]
	if !ok {
		return -1, nil
	}
	wait, err := time.ParseDuration(given[0])
	if err != nil || len(given) > 1 || wait < 0 || wait > longestWait {
		return 0, unprocessable(reasonWait,
			fmt.Sprintf("wait is a time of at most %s with its unit, such as ?wait=3s or ?wait=500ms, not %.40q", longestWait, given[len(given)-1]))
	}
	return wait, nil
}

// await adds to receipts what becomes of the events, when that is known or the
// time is up. It holds nothing that others need to get in: when too many wait
// already, or the client is gone, it tells what is known now.
func (s *Server) await(w http.ResponseWriter, q *http.Request, receipts []Receipt, wait time.Duration) {
	if s.Options.Await == nil {
		return
	}
	ctx, cancel := context.WithTimeout(q.Context(), wait)
	defer cancel()
	select {
	case s.waits <- struct{}{}:
		defer func() { <-s.waits }()
		s.allow(w, wait)
	default:
		cancel()
	}
	ids := make([]string, len(receipts))
	for i, r := range receipts {
		ids[i] = r.ID
	}
	for i, outcomes := range s.Options.Await(ctx, ids) {
		receipts[i].Outcomes = outcomes
	}
}

// allow moves the deadlines of the connection behind the wait. A test's
// connection may have none.
func (s *Server) allow(w http.ResponseWriter, wait time.Duration) {
	connection, until := http.NewResponseController(w), time.Now().Add(wait+toAnswer)
	_ = connection.SetReadDeadline(until) // else the client would seem gone
	_ = connection.SetWriteDeadline(until)
}
