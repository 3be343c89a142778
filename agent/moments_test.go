package agent_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
)

// An event is there after a kill if it was written before, answered for or not.
// Posted again, it is owed once.
func TestAKillAroundTheAnswer(t *testing.T) {
	for _, m := range []struct {
		name  string
		calls string
		on    func(v *victim, c net.Conn) string // a file
		there bool
	}{
		{"before the write", "write", func(v *victim, _ net.Conn) string { return v.logFile() }, false},
		{"after the write, before the sync", "fdatasync,fsync", func(v *victim, _ net.Conn) string { return v.logFile() }, true},
		{"after the sync, before the answer", "write", func(_ *victim, c net.Conn) string { return socketTo(t, c) }, true},
		{"after the answer", "", nil, true},
	} {
		t.Run(m.name, func(t *testing.T) {
			v := newVictim(t)
			c, err := net.Dial("tcp", v.where.Events[0])
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if status := v.tries(c, "order", "before"); status != http.StatusAccepted {
				t.Fatalf("answered %d", status)
			}
			if m.on != nil {
				v.life.snare(m.calls, m.on(v, c))
			}
			status := v.tries(c, "order", "e")
			if answered := status == http.StatusAccepted; answered != (m.on == nil) {
				t.Fatalf("answered %d", status)
			}
			v.life.Kill()
			v.again()
			want := http.StatusAccepted
			if m.there {
				want = http.StatusOK
			}
			if status := v.post(eventText("order", "e")); status != want {
				t.Errorf("posted again: %d, want %d", status, want)
			}
			if n := len(v.deliveriesOf("e")); n != 1 {
				t.Errorf("%d deliveries", n)
			}
			if n := v.waits("paused"); n != 3 {
				t.Errorf("%d wait, want first, before and this one", n)
			}
		})
	}
}

// An attempt that a kill cuts off is made again, under the same id, and one that
// was recorded is not.
func TestAKillAroundAnAttempt(t *testing.T) {
	kill := func(w http.ResponseWriter, l *life) { l.Kill() }
	for _, m := range []struct {
		name    string
		prepare func(v *victim)
		times   int // that it arrives
	}{
		{"before the request", func(v *victim) {
			v.hook.CloseClientConnections()
			v.mu.Lock()
			v.dialled = func(l *life) { l.Kill() }
			v.mu.Unlock()
		}, 1},
		{"at the request", func(v *victim) { v.met(kill) }, 2},
		{"in the middle of the answer", func(v *victim) {
			v.met(func(w http.ResponseWriter, l *life) {
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(http.StatusInternalServerError)
				_ = http.NewResponseController(w).Flush()
				l.Kill()
			})
		}, 2},
		{"after the answer, before the end is written", func(v *victim) {
			v.met(func(_ http.ResponseWriter, l *life) { l.snare("write", v.logFile()) })
		}, 2},
		{"after the end is written, before it is synced", func(v *victim) {
			v.met(func(_ http.ResponseWriter, l *life) { l.snare("fdatasync,fsync", v.logFile()) })
		}, 1},
	} {
		t.Run(m.name, func(t *testing.T) {
			v := newVictim(t)
			m.prepare(v)
			v.accepted("contact", "e")
			v.again()
			v.until("the delivery to end", func() bool { return v.waits("crm") == 0 })
			got := v.got("e")
			if len(got) != m.times {
				t.Errorf("it arrived %d times, want %d", len(got), m.times)
			}
			for _, r := range got {
				if signedBy(r) != oldSecret {
					t.Error("the signature is wrong")
				}
			}
			if d := v.deliveriesOf("e"); len(d) != 1 || d[0].State != event.Delivered {
				t.Errorf("deliveries %+v", d)
			}
		})
	}
}

// signedBy is the secret that signed a request; empty: none of ours.
func signedBy(r received) string {
	for _, s := range []string{oldSecret, newSecret} {
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp"), r.body)
		if "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) == r.header.Get("Webhook-Signature") {
			return s
		}
	}
	return ""
}

// Steps of a file that is written so that it is whole or not at all.
var durableSteps = []struct{ name, calls, on string }{
	{"before any file is opened", "openat", ""},
	{"before the new file has its mode", "fchmod", ""},
	{"before the new file is synced", "fsync", ""},
	{"before it takes its name", "rename,renameat,renameat2", ""},
	{"before its name is synced", "fsync", "."},
	{"after the answer", "", ""},
}

// A kill in a reload leaves the last configuration that worked whole, and nothing
// that waited is lost.
func TestAKillAroundAReload(t *testing.T) {
	for _, m := range durableSteps {
		t.Run(m.name, func(t *testing.T) {
			v := newVictim(t)
			v.accepted("order", "e")
			before := v.kept()
			v.write("hook.hcl", strings.Replace(victimHook, "active = false", "active = true", 1))
			v.ends(m.calls, m.on, "POST", "/-/reload", "", http.StatusOK)
			after := v.kept()
			if whole := strings.Contains(after, "active = true"); after != before && !whole || m.calls == "" && !whole {
				t.Errorf("kept is %s", after)
			}
			v.again()
			v.arrives("e")
			if n := len(v.deliveriesOf("e")); n != 1 {
				t.Errorf("%d deliveries", n)
			}
		})
	}
}

// kept is the configuration with which an agent can start when that on disk is bad.
func (v *victim) kept() string {
	v.t.Helper()
	files, _, err := agent.LastGood(filepath.Join(v.dir, "data"))
	if err != nil {
		v.t.Fatal(err)
	}
	for _, f := range files.Files {
		if filepath.Base(f.Name) == "hook.hcl" {
			return string(f.Content)
		}
	}
	v.t.Fatal("hook.hcl is not kept")
	return ""
}

// ends makes a call to the console that a kill cuts off, or follows on.
func (v *victim) ends(calls, on, method, path, body string, want int) {
	v.t.Helper()
	if calls != "" {
		file := ""
		if on != "" {
			file = filepath.Join(v.dir, "data")
		}
		v.life.snare(calls, file)
	}
	q, err := http.NewRequest(method, "http://"+v.where.Console+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(q)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if calls != "" || resp.StatusCode != want {
			v.t.Fatalf("%s %s: %s", method, path, resp.Status)
		}
	}
	if err != nil && calls == "" {
		v.t.Fatal(err)
	}
	v.life.Kill()
}

// A kill in the storing of a secret leaves the old one or the new one, and after
// the answer the new one.
func TestAKillAroundASecret(t *testing.T) {
	for _, m := range durableSteps {
		t.Run(m.name, func(t *testing.T) {
			v := newVictim(t)
			v.ends(m.calls, m.on, "PUT", "/api/v1/secrets/crm", fmt.Sprintf(`{"secret": %q}`, newSecret), http.StatusNoContent)
			v.again()
			v.accepted("contact", "e")
			v.arrives("e")
			s := signedBy(v.got("e")[0])
			if s == "" || m.calls == "" && s != newSecret {
				t.Errorf("signed by %q", s)
			}
			// And it can be stored still.
			if status, text := v.ask("PUT", "/api/v1/secrets/crm", fmt.Sprintf(`{"secret": %q}`, newSecret), nil); status != http.StatusNoContent {
				t.Errorf("stored again: %d %s", status, text)
			}
		})
	}
}

// A suspension that was written down is there after a kill; one that was not comes
// when the receiver is asked once more.
func TestAKillAroundASuspension(t *testing.T) {
	for _, m := range []struct{ name, calls string }{
		{"before the write", "write"},
		{"after the write, before the sync", "fdatasync,fsync"},
		{"after the sync", ""},
	} {
		t.Run(m.name, func(t *testing.T) {
			v := newVictim(t)
			suspended := func() bool {
				var h console.Webhook
				v.ask("GET", "/api/v1/webhooks/crm", "", &h)
				return h.State == "suspended"
			}
			v.met(func(w http.ResponseWriter, l *life) {
				if m.calls != "" {
					l.snare(m.calls, v.logFile())
				}
				w.WriteHeader(http.StatusGone)
			})
			v.accepted("contact", "e")
			if m.calls == "" {
				v.until("the end of the delivery, which comes after", func() bool { return v.deliveriesOf("e")[0].State == event.Failed })
				v.life.Kill()
			}
			v.again()
			if m.calls == "" && !suspended() {
				t.Fatal("the suspension was lost")
			}
			if !suspended() {
				v.met(func(w http.ResponseWriter, _ *life) { w.WriteHeader(http.StatusGone) })
				v.accepted("contact", "next")
				v.until("the suspension", suspended)
			}
			if d := v.deliveriesOf("e"); len(d) != 1 || d[0].State == event.Skipped {
				t.Errorf("deliveries %+v", d)
			}
		})
	}
}
