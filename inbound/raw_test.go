package inbound

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/door"
)

// raw is a request with a body, as bytes.
func raw(line string, l net.Listener, body string, header ...string) string {
	return fmt.Sprintf("%s\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s",
		line, hostOf(l), len(body), strings.Join(append(header, ""), "\r\n"), body)
}

func hostOf(l net.Listener) string {
	if l.Addr().Network() == "unix" {
		return "any.example"
	}
	return l.Addr().String()
}

// both opens a door on loopback and one on a Unix socket.
func both(t *testing.T, o Options, test func(t *testing.T, l net.Listener)) {
	for name, listen := range map[string]func() (net.Listener, error){
		"tcp":  func() (net.Listener, error) { return ListenHTTP("127.0.0.1:0") },
		"unix": func() (net.Listener, error) { return ListenUnix(socketPath(t), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			l, err := listen()
			if err != nil {
				t.Fatal(err)
			}
			open(t, l, o)
			test(t, l)
		})
	}
}

// dial connects, for ten seconds at most.
func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c net.Conn) (*http.Response, *bufio.Reader) {
	t.Helper()
	b := bufio.NewReader(c)
	r, err := http.ReadResponse(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, b
}

func hearsStatus(t *testing.T, c net.Conn, want int) {
	t.Helper()
	if r, _ := hear(t, c); r.StatusCode != want {
		t.Errorf("status %d, want %d", r.StatusCode, want)
	}
}

const head = "POST /v1/events HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"

func TestDeclaredTooLongIsRefusedUnread(t *testing.T) {
	both(t, Options{Accepter: new(memory)}, func(t *testing.T, l net.Listener) {
		for _, path := range []string{"/v1/events", "/v1/events/a"} {
			c := dial(t, l)
			say(t, c, fmt.Sprintf(strings.Replace(head, "/v1/events", path, 1)+"Content-Length: 10000000000\r\n\r\n", hostOf(l)))
			hearsStatus(t, c, 413)
		}
		c := dial(t, l) // too long for an event, and not for a batch
		say(t, c, fmt.Sprintf(strings.Replace(head, "/v1/events", "/v1/events/a", 1)+"Content-Length: 2000000\r\n\r\n", hostOf(l)))
		hearsStatus(t, c, 413)
	})
}

func TestEndlessBodyIsCutAtTheLimit(t *testing.T) {
	both(t, Options{Accepter: new(memory)}, func(t *testing.T, l net.Listener) {
		for first, limit := range map[string]int{"{": maxEventBytes, "[": maxBatchBytes} {
			c := dial(t, l)
			say(t, c, fmt.Sprintf(head+"Transfer-Encoding: chunked\r\n\r\n1\r\n%s\r\n", hostOf(l), first))
			said := make(chan int)
			go func() {
				chunk := "10000\r\n" + strings.Repeat(" ", 0x10000) + "\r\n"
				n := 0
				for {
					if _, err := io.WriteString(c, chunk); err != nil {
						said <- n
						return
					}
					n += 0x10000
				}
			}()
			hearsStatus(t, c, 413)
			c.Close()
			if n := <-said; n > limit+(8<<20) {
				t.Errorf("%q: %d bytes were taken in", first, n)
			}
		}
	})
}

func TestExpectContinue(t *testing.T) {
	both(t, Options{Accepter: new(memory)}, func(t *testing.T, l net.Listener) {
		c := dial(t, l)
		body := withData("{}")
		say(t, c, fmt.Sprintf(head+"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", hostOf(l), len(body)))
		r, b := hear(t, c)
		if r.StatusCode != 100 {
			t.Fatalf("status %d", r.StatusCode)
		}
		say(t, c, body)
		if r, err := http.ReadResponse(b, nil); err != nil || r.StatusCode != 202 {
			t.Errorf("%v %v", r, err)
		}
		for name, header := range map[string]string{
			"too long":   "Content-Length: 20000000\r\n",
			"media type": "Content-Type: text/plain\r\nContent-Length: 2\r\n",
		} {
			c := dial(t, l)
			say(t, c, fmt.Sprintf(head+"Expect: 100-continue\r\n"+header+"\r\n", hostOf(l)))
			if r, _ := hear(t, c); r.StatusCode/100 != 4 {
				t.Errorf("%s: status %d before the body", name, r.StatusCode)
			}
		}
	})
}

func TestSlowPeersAreCutOff(t *testing.T) {
	o := Options{Accepter: new(memory), Limits: door.Limits{Header: 50 * time.Millisecond, Request: 200 * time.Millisecond, Idle: 50 * time.Millisecond}}
	both(t, o, func(t *testing.T, l net.Listener) {
		headers := dial(t, l)
		say(t, headers, "POST /v1/events HTTP/1.1\r\nHost: ")
		if _, err := io.ReadAll(headers); err != nil {
			t.Errorf("slow headers: %v", err)
		}
		body := dial(t, l)
		say(t, body, fmt.Sprintf(head+"Content-Length: 100\r\n\r\n{", hostOf(l)))
		hearsStatus(t, body, 408)
		chunks := dial(t, l)
		say(t, chunks, fmt.Sprintf(head+"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", hostOf(l)))
		hearsStatus(t, chunks, 408)
		idle := dial(t, l)
		say(t, idle, raw("POST /v1/events HTTP/1.1", l, withData("{}")))
		if all, err := io.ReadAll(idle); err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 202 ") {
			t.Errorf("idle: %q %v", all, err)
		}
	})
}

func TestBrokenOffBodyIsNotTaken(t *testing.T) {
	m := new(memory)
	both(t, Options{Accepter: m}, func(t *testing.T, l net.Listener) {
		c := dial(t, l)
		say(t, c, fmt.Sprintf(head+"Content-Length: 100\r\n\r\n%s", hostOf(l), withData("{}")))
		if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		hearsStatus(t, c, 400)
		c = dial(t, l)
		say(t, c, fmt.Sprintf(head+"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", hostOf(l)))
		hearsStatus(t, c, 400)
	})
	if n := len(m.taken()); n != 0 {
		t.Errorf("%d were taken", n)
	}
}

// TestTwoLengths: the transfer coding counts. What a length in front of it would
// have hidden is the next request, which has to pass every rule by itself.
func TestTwoLengths(t *testing.T) {
	m := new(memory)
	both(t, Options{Accepter: m}, func(t *testing.T, l net.Listener) {
		c := dial(t, l)
		hidden := "POST /v1/events HTTP/1.1\r\nHost: evil.example\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
		say(t, c, fmt.Sprintf(head+"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%s", hostOf(l), len(hidden)+5, hidden))
		r, b := hear(t, c)
		_, _ = io.Copy(io.Discard, r.Body)
		if r.StatusCode != 400 {
			t.Errorf("status %d, want 400 for an empty body", r.StatusCode)
		}
		if r, err := http.ReadResponse(b, nil); err == nil && r.StatusCode/100 != 4 {
			t.Errorf("the hidden request: %d", r.StatusCode)
		}
		for name, header := range map[string]string{
			"space before the colon": "Transfer-Encoding : chunked\r\n",
			"unknown coding":         "Transfer-Encoding: xchunked\r\n",
			"two codings":            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
			"two lengths":            "Content-Length: 2\r\nContent-Length: 3\r\n",
			"signed length":          "Content-Length: +2\r\n",
			"folded header":          "X: a\r\n b\r\nHost : x\r\n",
			"two hosts":              "Host: localhost\r\n",
			"1,000 headers":          strings.Repeat("X-Filler: 0123456789\r\n", 1000),
			"a header of 30 KB":      "X: " + strings.Repeat("x", 30_000) + "\r\n",
		} {
			c := dial(t, l)
			_, _ = io.WriteString(c, fmt.Sprintf(head+header+"\r\n{}", hostOf(l)))
			if r, _ := hear(t, c); r.StatusCode/100 != 4 && r.StatusCode != 501 {
				t.Errorf("%s: status %d", name, r.StatusCode)
			}
		}
	})
	if n := len(m.taken()); n != 0 {
		t.Errorf("%d were taken", n)
	}
}
