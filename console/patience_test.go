package console

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A slowAgent takes nearly as long as who asks it is patient.
type slowAgent struct{ *fakeAgent }

func take(ctx context.Context, patience time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(patience - 2*time.Second):
		return nil
	}
}

func (s slowAgent) Move(ctx context.Context, _, _ string) (Moved, error) {
	return s.moved, take(ctx, movePatience)
}

func (s slowAgent) Check(ctx context.Context) (json.RawMessage, error) {
	return json.RawMessage(`{}`), take(ctx, storagePatience)
}

func (s slowAgent) Backup(ctx context.Context, _ string, _ bool) error {
	return take(ctx, storagePatience)
}

// A pipe is a listener to which one connection comes.
type pipe struct {
	come  chan net.Conn
	shut  chan struct{}
	close sync.Once
}

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.come:
		return c, nil
	case <-p.shut:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error {
	p.close.Do(func() { close(p.shut) })
	return nil
}

func (p *pipe) Addr() net.Addr { return &net.UnixAddr{Net: "unix", Name: "pipe"} }

// The door cuts off what takes a minute, and takes a client for gone that has sent
// nothing for half of one. Neither must happen to what takes its time.
func TestWhatTakesLongIsAnswered(t *testing.T) {
	for path, body := range map[string]string{
		"/api/v1/check":             "",
		"/api/v1/backup":            `{"dir": "/backup", "secrets": false}`,
		"/api/v1/webhooks/old/move": `{"to": "crm"}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &pipe{come: make(chan net.Conn), shut: make(chan struct{})}
			serveOn(t, l, Options{Agent: slowAgent{busyAgent()}})
			ours, theirs := net.Pipe()
			defer ours.Close()
			l.come <- theirs
			r, err := http.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			if err := r.Write(ours); err != nil {
				t.Fatal(err)
			}
			w, err := http.ReadResponse(bufio.NewReader(ours), r)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			defer w.Body.Close()
			if w.StatusCode >= 300 {
				t.Errorf("%s: %s", path, w.Status)
			}
		})
	}
}
