package examples

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A client is one of those in clients.
type client struct {
	name    string
	command []string // an id follows; nil: the test builds it
	needs   []string // succeeds where the client can run
	tcpOnly bool
}

var clients = []client{
	{name: "curl", command: []string{"clients/send.sh"}, needs: []string{"curl", "--version"}},
	{name: "go", needs: []string{"go", "version"}},
	{name: "node", command: []string{"node", "clients/send.mjs"}, needs: []string{"node", "--version"}},
	{name: "python", command: []string{"python3", "clients/send.py"}, needs: []string{"python3", "--version"}},
	{name: "php", command: []string{"php", "clients/send.php"}, needs: []string{"php", "-r", `exit(extension_loaded("curl") ? 0 : 1);`}},
	{name: "ruby", command: []string{"ruby", "clients/send.rb"}, needs: []string{"ruby", "--version"}},
	{name: "java", needs: []string{"javac", "-version"}, tcpOnly: true},
}

const clientsConfig = `
agent { data_dir = "data" }
listen "http" { address = "127.0.0.1:0" }
console { address = "127.0.0.1:0" }
egress {
  allow      = ["127.0.0.1"]
  allow_http = ["127.0.0.1"]
}
queue "embedded" { max_bytes = "64KiB" }
webhook "crm" {
  url    = %q
  events = ["*"]
  active = %t
}
`

// Each client sends into a queue that is full, waits, and gets its event in once
// there is room; what it sends again is known, and what is wrong it says.
func TestClientsGetTheirEventsIn(t *testing.T) {
	alien(t)
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer receiver.Close()
	agent := start(t, fmt.Sprintf(clientsConfig, receiver.URL, false))
	fill(t, agent)
	tap := newTap(t, agent)

	var waiting []*sending
	for _, c := range clients {
		for _, road := range []string{"tcp", "unix"} {
			if s := newSending(t, tap, c, road); s != nil {
				waiting = append(waiting, s)
				s.begin(s.id)
			}
		}
	}
	for _, s := range waiting {
		until(t, s.id+" to be refused", func() bool { return slices.Contains(tap.statuses(s.id), http.StatusServiceUnavailable) })
	}
	agent.configure(fmt.Sprintf(clientsConfig, receiver.URL, true))
	for _, s := range waiting {
		t.Run(s.client.name+" over "+s.road, func(t *testing.T) {
			if out, err := s.end(); err != nil || !taken(out, s.id, false) {
				t.Errorf("%v\n%s", err, out)
			}
			s.begin(s.id)
			if out, err := s.end(); err != nil || !taken(out, s.id, true) {
				t.Errorf("sent again: %v\n%s", err, out)
			}
			if got := slices.Compact(tap.statuses(s.id)); !slices.Equal(got, []int{http.StatusServiceUnavailable, http.StatusAccepted, http.StatusOK}) {
				t.Errorf("it was answered %v", got)
			}
			wrong := s.id + " is none"
			s.begin(wrong)
			if out, err := s.end(); err == nil || !strings.Contains(out, "an id is made of") {
				t.Errorf("a bad id: %v\n%s", err, out)
			}
			if got := tap.statuses(wrong); len(got) != 1 {
				t.Errorf("a bad id: it was answered %v", got)
			}
		})
	}
}

// A tap stands before the agent on both roads, and notes what each event was answered.
type tap struct {
	tcp, unix string // where it is

	mu       sync.Mutex
	answered map[string][]int
}

func newTap(t *testing.T, agent *program) *tap {
	t.Helper()
	a := &tap{unix: filepath.Join(agent.dir, "door.sock"), answered: map[string][]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: agent.Events[0]}) },
	}
	door := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var event struct{ ID string }
		if err == nil {
			err = json.Unmarshal(body, &event)
		}
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(&noting{w, func(status int) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.answered[event.ID] = append(a.answered[event.ID], status)
		}}, r)
	})
	over := func(l net.Listener, err error) *httptest.Server {
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(door)
		s.Listener.Close()
		s.Listener = l
		s.Start()
		t.Cleanup(s.Close)
		return s
	}
	a.tcp = over(net.Listen("tcp", "127.0.0.1:0")).URL
	over(net.Listen("unix", a.unix))
	return a
}

func (a *tap) statuses(id string) []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.answered[id])
}

// noting tells of the status before it is sent.
type noting struct {
	http.ResponseWriter
	note func(status int)
}

func (n *noting) WriteHeader(status int) {
	n.note(status)
	n.ResponseWriter.WriteHeader(status)
}

// fill posts until not even a small event finds room.
func fill(t *testing.T, agent *program) {
	t.Helper()
	for _, size := range []int{8 << 10, 1} {
		for status := 0; status != http.StatusServiceUnavailable; {
			body := fmt.Sprintf(`{"type": "filler", "data": {"x": %q}}`, strings.Repeat("x", size))
			answer, err := http.Post("http://"+agent.Events[0]+"/v1/events", "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if status = answer.StatusCode; status != http.StatusAccepted && status != http.StatusServiceUnavailable {
				t.Fatalf("status %d", status)
			}
		}
	}
}

// A sending is a client over one road.
type sending struct {
	client  client
	road    string
	id      string
	command []string
	where   string // the variable that says where Postern is

	running *exec.Cmd
	out     bytes.Buffer
}

// newSending is nil where the client can't run; then it says why.
func newSending(t *testing.T, a *tap, c client, road string) (s *sending) {
	t.Helper()
	t.Run(c.name+" over "+road+" can run", func(t *testing.T) {
		if road == "unix" && c.tcpOnly {
			t.Skip("its HTTP client knows TCP only")
		}
		ready(t, c.needs)
		s = &sending{client: c, road: road, id: c.name + "-" + road, command: c.command}
		var err error
		switch c.name {
		case "go":
			s.command = make([]string, 1)
			s.command[0], err = build("./clients")
		case "java":
			s.command = []string{"java", "-cp", workshop, "Send"}
			err = exec.Command("javac", "-d", workshop, "clients/Send.java").Run()
		}
		if err != nil {
			t.Fatal(err)
		}
		s.where = "POSTERN_URL=" + a.tcp
		if road == "unix" {
			s.where = "POSTERN_SOCKET=" + a.unix
		}
	})
	return s
}

func (s *sending) begin(id string) {
	s.out.Reset()
	s.running = exec.Command(s.command[0], append(s.command[1:len(s.command):len(s.command)], id)...)
	s.running.Env = append(s.running.Environ(), s.where)
	s.running.Stdout, s.running.Stderr = &s.out, &s.out
	if err := s.running.Start(); err != nil {
		s.out.WriteString(err.Error())
	}
}

// end waits: every client gives up by itself.
func (s *sending) end() (out string, err error) {
	err = s.running.Wait()
	return s.out.String(), err
}

// taken looks at the last answer of Postern's. curl shows those before, too.
func taken(out, id string, duplicate bool) bool {
	var answer struct {
		ID        string
		Duplicate bool
	}
	if err := json.Unmarshal([]byte(out[max(strings.LastIndex(out, "{"), 0):]), &answer); err != nil {
		return false
	}
	return answer.ID == id && answer.Duplicate == duplicate
}
