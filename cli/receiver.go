package cli

import (
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/posternhq/postern/outbound"
)

const (
	// maxReceived bounds a request's body; a longer one is answered with 413.
	maxReceived = 4 << 20

	// tolerance is how old a signature may be, and how far in the future.
	tolerance = 5 * time.Minute
)

var discarded = log.New(io.Discard, "", 0)

// A receiver answers requests and prints them.
type receiver struct {
	verb *receiveVerb
	keys keyring
	full chan struct{} // closed when verb.Count requests have been answered

	mu       sync.Mutex // guards out, and what follows
	out      io.Writer
	answered int
	failed   int // answered with something else than 2xx
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxReceived))
	got := received{
		At: time.Now().UTC(), Method: q.Method, Path: q.URL.EscapedPath(), Query: q.URL.RawQuery,
		Headers: q.Header, Body: string(body), Status: r.verb.Status,
	}
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		got.Status = http.StatusRequestEntityTooLarge
	case err != nil:
		panic(http.ErrAbortHandler) // the sender broke off; nobody waits for an answer
	case r.verb.FailRate > 0 && rand.Float64() < r.verb.FailRate:
		got.Status = http.StatusInternalServerError
	}
	m := outbound.MessageOf(q, body)
	got.URL = m.URL.String()
	got.check(r.keys, m)

	select {
	case <-time.After(r.verb.Delay):
	case <-q.Context().Done():
		panic(http.ErrAbortHandler) // to return would be to answer 200
	}
	w.WriteHeader(got.Status)
	if got.Status != http.StatusNoContent && got.Status != http.StatusNotModified {
		_, _ = io.WriteString(w, r.verb.Body)
	}
	r.note(&got)
}

// note counts and prints a request. Whole requests, one after the other.
func (r *receiver) note(g *received) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.verb.Count > 0 && r.answered == r.verb.Count {
		return
	}
	r.answered++
	if g.Status < 200 || g.Status > 299 {
		r.failed++
	}
	switch {
	case r.verb.Quiet:
	case r.verb.json():
		g.writeJSON(r.out)
	default:
		g.write(r.out)
	}
	if r.answered == r.verb.Count {
		close(r.full)
	}
}

func (r *receiver) summary() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := count(r.answered, "request")
	if r.failed > 0 {
		text += fmt.Sprintf(", %d of them answered without success", r.failed)
	}
	return text
}
