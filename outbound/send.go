package outbound

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/posternhq/postern/event"
)

const (
	mostBodyRead = 64 << 10        // of an answer
	mostBodyKept = 16 << 10        // of that
	bodyPatience = 2 * time.Second // for a body that decides nothing
)

// An answer is how a receiver answered, or why it didn't.
type answer struct {
	status     int
	class      event.Class // when there is no status
	text       string      // for people; empty for a 2xx
	header     http.Header
	retryAfter string
	whole      []byte // the body where it decides, if it came whole; or more than may decide
	body       []byte // what is kept of it
	truncated  bool
	cut        bool // no answer because we broke off
	timeline   event.Timeline
	over       event.Connection
}

// send makes one request, once. A token that the receiver refuses is replaced
// by a new one, and the request repeated with that: the first was not taken.
func (d *Draft) send(ctx context.Context, w *Webhook, r *request) answer {
	limited, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	if w.Auth.Kind != OAuth2 {
		return d.exchange(limited, cancel, ctx, w, r, d.scrub)
	}
	source := d.tokens[w.Auth.OAuth.key()]
	way := d.clients.ways[""].by(w.Auth.OAuth.TokenURL)
	for last := false; ; last = true {
		token, err := source.get(limited, way, r.header.Get("User-Agent"))
		if err != nil {
			return answer{cut: ctx.Err() != nil, class: event.Auth, text: d.presentable(err.Error())}
		}
		r.header.Set("Authorization", "Bearer "+token)
		once, end := context.WithCancel(limited)
		a := d.exchange(once, end, ctx, w, r, d.scrub.with(token))
		end()
		if a.status != http.StatusUnauthorized || last {
			return a
		}
		source.drop(token)
	}
}

// exchange sends a request and reads the answer. The status line decides: a body
// that stalls, breaks or doesn't end is cut off and changes nothing, unless
// success_when asks for it; then it has all of the timeout, and such a body is
// none. cancel ends ctx, which is this exchange's alone; attempt is the context
// that ends when we break off.
func (d *Draft) exchange(ctx context.Context, cancel func(), attempt context.Context, w *Webhook, r *request, scrub *scrubber) (a answer) {
	s := &stage{peer: "the receiver", recorder: recorder{began: r.began}}
	defer func() { a.timeline, a.over = s.record() }()
	resp, err := d.clients.of(w).RoundTrip(r.http(s.in(ctx)))
	if err != nil {
		if attempt.Err() != nil {
			return answer{cut: true}
		}
		class, text := classify(s.late(ctx, err), s, w.Timeout)
		if class == event.BadResponse {
			text = scrub.words(text)
		}
		return answer{class: class, text: scrub.presentable(text)}
	}
	defer resp.Body.Close()
	if resp.StatusCode < 100 { // three digits all the same, and 0 is no status here
		return answer{class: event.BadResponse, text: fmt.Sprintf("not an HTTP answer: its status is %03d", resp.StatusCode)}
	}
	a = answer{status: resp.StatusCode, header: resp.Header}
	if asksToWait(a.status) {
		a.retryAfter = resp.Header.Get("Retry-After")
	}
	if !isSuccess(a.status) {
		a.text = scrub.presentable(statusText(a.status, resp.Header.Get("Location")))
	}
	decides := w.SuccessWhen.ReadsBody()
	if !decides && resp.Body != http.NoBody {
		impatience := time.AfterFunc(bodyPatience, cancel)
		defer impatience.Stop()
	}
	err = a.readBody(resp, w.LogResponseBody, decides, scrub)
	switch {
	case err == nil:
		s.mark(&s.timeline.Done)
	case decides && attempt.Err() != nil:
		return answer{cut: true}
	}
	return a
}

// readBody reads on, so that the connection can be used again, and keeps the
// start where the webhook asks for it, the whole where that decides.
func (a *answer) readBody(resp *http.Response, keep, decides bool, s *scrubber) error {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil // not a body but a connection
	}
	limited := io.LimitReader(resp.Body, mostBodyRead+1)
	if !keep && !decides {
		_, err := io.Copy(io.Discard, limited)
		return err
	}
	raw, err := io.ReadAll(limited)
	if decides && err == nil {
		a.whole = raw
	}
	if keep {
		a.body, a.truncated = s.body(raw, mostBodyKept)
		a.truncated = a.truncated || err != nil
	}
	return err
}

// presentable makes an error text fit to be stored and shown.
func (d *Draft) presentable(text string) string { return d.scrub.presentable(text) }
