package agent_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/posternhq/postern/console"
)

// Whatever takes the place of a file, the configuration in force stays, and
// nobody waits for a pipe that nobody writes to.
func TestWhatIsNoFileKeepsTheConfiguration(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	path := filepath.Join(w.conf, "crm.hcl")
	for _, c := range []struct {
		name, says string
		plant      func() error
	}{
		{"a directory", "a directory", func() error { return os.Mkdir(path, 0o700) }},
		{"a pipe", "a pipe", func() error { return syscall.Mkfifo(path, 0o600) }},
		{"a circle of links", "leads back to itself", func() error { return os.Symlink("crm.hcl", path) }},
		{"a link to nothing", "does not exist", func() error { return os.Symlink("gone", path) }},
		{"a gigabyte of nothing", "larger than 1 MiB", func() error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Truncate(1 << 30)
		}},
		{"a text that is not closed", "not closed on its line", func() error {
			return os.WriteFile(path, []byte("webhook \"crm\" {\n  url = \"https://a\n}\n"), 0o600)
		}},
	} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := c.plant(); err != nil {
			t.Fatal(err)
		}
		w.until("the rejection of "+c.name, func() bool {
			s := w.status()
			return s.Config.LastReload == "rejected" && strings.Contains(string(s.Config.Rejected), c.says)
		})
		if code := w.post(`{"type": "t", "data": {}}`); code != http.StatusAccepted {
			t.Errorf("%s: %d", c.name, code)
		}
		w.hook.next(t)
		if g := w.status().Config.Generation; g != 1 {
			t.Errorf("%s: generation %d is in force", c.name, g)
		}
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	w.write("crm.hcl", hook)
	w.until("the mended one", func() bool { return w.status().Config.LastReload == "ok" })
	w.halt()
}

// What an event makes of a mapping is not tried again by itself: it fails once,
// keeps its event, and goes out when it is replayed by a mapping that is mended.
func TestAFailedMappingGoesOutOnceItIsMended(t *testing.T) {
	w := newWorld(t, nil)
	payload := func(n string) { w.write("crm.hcl", hook[:len(hook)-2]+`  payload = { n = expr("`+n+`") }`+"\n}\n") }
	payload("n % zero")
	w.start()
	w.post(`{"id": "e1", "type": "t", "data": {"n": 7, "zero": 0}}`)
	var failed struct {
		Deliveries []console.Delivery `json:"deliveries"`
	}
	w.until("the failure", func() bool {
		w.ask("GET", "/api/v1/deliveries?state=failed", "", &failed)
		return len(failed.Deliveries) == 1
	})
	var d console.Delivery
	w.ask("GET", "/api/v1/deliveries/"+failed.Deliveries[0].ID, "", &d)
	if d.Class == nil || *d.Class != "mapping" || len(d.Attempts) != 1 || d.NextAttemptAt != nil {
		t.Errorf("%+v", d)
	}
	payload("n")
	w.until("the mended one", func() bool { return w.status().Config.Generation == 2 })
	if code, text := w.ask("POST", "/api/v1/deliveries/"+failed.Deliveries[0].ID+"/replay", "", nil); code != http.StatusAccepted {
		t.Fatalf("replay: %d %s", code, text)
	}
	if got := w.hook.next(t); string(got.body) != `{"n":7}` || got.header.Get("Webhook-Id") != "e1" {
		t.Errorf("%s with %v", got.body, got.header)
	}
	w.halt()
}
