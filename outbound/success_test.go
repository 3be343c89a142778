package outbound

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

func criterion(t testing.TB, src string) *expr.Criterion {
	t.Helper()
	c, err := expr.CompileCriterion(src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const slackOK = "status < 300 && body?.ok != false"

func TestSuccessWhen(t *testing.T) {
	ok := func(body string) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	large := func(size int) string {
		return `{"ok": false, "pad": "` + strings.Repeat("x", size-len(`{"ok": false, "pad": ""}`)) + `"}`
	}
	const falseFor200 = "success_when is false for status 200"
	for _, tt := range []struct {
		name, success, answer string
		hangs                 bool // the connection stays open
		class                 event.Class
		says                  string
	}{
		{name: "ok is true", success: slackOK, answer: ok(`{"ok": true}`), class: event.OK},
		{name: "ok is false", success: slackOK, answer: ok(`{"ok": false, "error": "canary"}`), class: event.SuccessWhen, says: falseFor200},
		{name: "no JSON", success: slackOK, answer: ok("ok"), class: event.OK},
		{name: "no body", success: slackOK, answer: "HTTP/1.1 204 No Content\r\n\r\n", class: event.OK},
		{name: "another status", success: slackOK, answer: "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", class: event.Status, says: "the receiver answered 500 Internal Server Error"},
		{name: "a redirect that is one", success: "status in [200, 302]", answer: "HTTP/1.1 302 Found\r\nLocation: https://example.com/x\r\nContent-Length: 0\r\n\r\n", class: event.OK},
		{name: "a redirect that is none", success: "status == 200", answer: "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", class: event.Redirect, says: "the receiver answered 302 Found: redirects are not followed"},
		{name: "gone, and fine", success: "status in [200, 410]", answer: "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", class: event.OK},
		{name: "500, and fine", success: "body.done", answer: "HTTP/1.1 500 Oh\r\nContent-Length: 14\r\n\r\n{\"done\": true}", class: event.OK},
		{name: "by a header", success: `headers["x-result"] == "ok, really"`, answer: "HTTP/1.1 200 OK\r\nX-Result: ok\r\nX-RESULT: really\r\nContent-Length: 0\r\n\r\n", class: event.OK},
		{name: "fails", success: "body.ok", answer: ok(`{"canary": "canary"}`), class: event.SuccessWhen, says: "success_when fails for status 200: body.ok yields null, not true or false"},
		{name: "fails for a redirect", success: "body.ok", answer: "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", class: event.Redirect,
			says: "the receiver answered 302 Found: redirects are not followed; success_when fails for status 302: body.ok yields null, not true or false"},
		{name: "64 KiB", success: slackOK, answer: ok(large(64 << 10)), class: event.SuccessWhen, says: falseFor200},
		{name: "a byte more", success: "body == nil", answer: ok(large(64<<10 + 1)), class: event.OK},
		{name: "until the end", success: slackOK, answer: "HTTP/1.0 200\r\n\r\n{\"ok\": false}", class: event.SuccessWhen, says: falseFor200},
		{name: "chunked", success: slackOK, answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"ok\":\r\n6\r\nfalse}\r\n0\r\n\r\n", class: event.SuccessWhen, says: falseFor200},
		{name: "breaks off", success: "body == nil", answer: "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"ok\": false}", class: event.OK},
		{name: "a bad chunk", success: "body == nil", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{\"ok\": false}\r\nzz\r\n", class: event.OK},
		{name: "compressed", success: "body == nil", answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", class: event.OK},
		{name: "switches protocols", success: "status == 101 && body == nil", answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", hangs: true, class: event.OK},
		{name: "bytes for a terminal", success: "body.ok == true", answer: ok("{\"ok\": \"\x1b[31m\"}"), class: event.SuccessWhen, says: falseFor200},
	} {
		for _, keep := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, kept %v", tt.name, keep), func(t *testing.T) {
				t.Parallel()
				w := hook(t, "w", "http://"+rawServer(t, func(c net.Conn) {
					readRequest(c)
					_, _ = io.WriteString(c, tt.answer)
					if tt.hangs {
						_, _ = io.Copy(io.Discard, c)
					}
				})+"/")
				w.SuccessWhen, w.LogResponseBody, w.Timeout = criterion(t, tt.success), keep, 30*time.Second
				o := courier(t, plan(w))(w, someDelivery("w")).outcome
				want := event.Pending
				if tt.class == event.OK {
					want = event.Delivered
				}
				if o.State != want || o.Class != tt.class || o.Attempt.Class != tt.class || !strings.HasPrefix(o.Attempt.Error, tt.says) {
					t.Fatalf("got %+v with %+v", o, o.Attempt)
				}
				if tt.says == "" && o.Attempt.Error != "" || strings.Contains(o.Attempt.Error, "canary") || o.Attempt.Error != clean(o.Attempt.Error, longestError) {
					t.Errorf("says %q", o.Attempt.Error)
				}
				if !keep && (o.Attempt.ResponseBody != nil || o.Attempt.Truncated) || keep && len(o.Attempt.ResponseBody) > mostBodyKept {
					t.Errorf("kept %d bytes", len(o.Attempt.ResponseBody))
				}
			})
		}
	}
}

func TestAPermanent2xx(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	w := hook(t, "w", s.URL)
	w.SuccessWhen, w.Retry.Permanent = criterion(t, "status == 202"), []int{200}
	if o := courier(t, plan(w))(w, someDelivery("w")).outcome; o.State != event.Failed || o.Class != event.SuccessWhen {
		t.Errorf("got %+v with %+v", o, o.Attempt)
	}
}

// stalling answers 200 and the start of a body, and no more.
func stalling(rw http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(rw, `{"ok": false, `)
	_ = http.NewResponseController(rw).Flush()
	<-r.Context().Done()
}

func TestABodyThatDecidesHasAllOfTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.Timeout, h.SuccessWhen = 15*time.Second, criterion(t, slackOK)
		status := hook(t, "status", "http://status/")
		status.Timeout, status.SuccessWhen = 15*time.Second, criterion(t, "status == 200")
		w := newWorld(t, stalling).run(plan(h, status))
		ids := w.post("crm", "status")
		w.wait(15 * time.Second)
		if a := w.want(ids[0], event.Delivered, event.OK, 1).Attempts[0]; a.Duration != 15*time.Second {
			t.Errorf("took %s", a.Duration)
		}
		if a := w.want(ids[1], event.Delivered, event.OK, 1).Attempts[0]; a.Duration != bodyPatience {
			t.Errorf("took %s where the body says nothing", a.Duration)
		}
	})
}

// What the rest of a body would have said nobody knows, when it is we who go.
func TestABodyThatDecidesIsWaitedForAgainAfterADrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.Timeout, h.SuccessWhen = time.Minute, criterion(t, "body == nil")
		w := newWorld(t, stalling).run(plan(h))
		id := w.post("crm")[0]
		synctest.Wait()
		w.stop()
		<-w.done
		if d := w.want(id, event.Pending, "", 0); d.Charged != 0 {
			t.Errorf("%d are charged", d.Charged)
		}
	})
}

func TestAGoneThatIsASuccessSuspendsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.SuccessWhen = criterion(t, "status == 410")
		w := newWorld(t, status(410)).run(plan(h))
		id := w.post("crm")[0]
		synctest.Wait()
		w.want(id, event.Delivered, event.OK, 1)
		if s := w.lanes.Standing("crm"); s.State != Active {
			t.Errorf("stands %+v", s)
		}
	})
}
