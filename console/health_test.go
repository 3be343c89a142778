package console

import (
	"errors"
	"testing"
)

func TestHealth(t *testing.T) {
	for _, c := range []struct {
		alive, ready error
		path         string
		status       int
		body         string
	}{
		{nil, nil, "/livez", 200, "ok\n"},
		{nil, nil, "/livez?verbose", 200, "[+]loops ok\nok\n"},
		{nil, nil, "/readyz?verbose=1", 200, "[+]loops ok\n[+]intake ok\nok\n"},
		{nil, errDisk, "/livez", 200, "ok\n"},
		{nil, errDisk, "/readyz", 503, "[-]intake: the disk is on fire\nfailed\n"},
		{nil, errDisk, "/healthz?verbose", 503, "[+]loops ok\n[-]intake: the disk is on fire\nfailed\n"},
		{errors.New("stuck\n[+]x ok"), nil, "/livez", 503, "[-]loops: stuck\\n[+]x ok\nfailed\n"},
		{errDisk, nil, "/readyz", 503, "[-]loops: the disk is on fire\nfailed\n"},
	} {
		agent := &fakeAgent{alive: c.alive, ready: c.ready}
		w, body := ask(t, serve(t, Options{Agent: agent}), asked{method: "GET", path: c.path})
		if w.StatusCode != c.status || body != c.body || w.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %s %q, want %d %q", c.path, w.Status, body, c.status, c.body)
		}
	}
}
