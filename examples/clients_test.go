package examples

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A client is one of those in clients.
type client struct {
	name    string
	command []string // an id follows
	needs   []string // succeeds where the client can run
	tcpOnly bool
}

var clients = []client{
	{name: "curl", command: []string{"clients/send.sh"}, needs: []string{"curl", "--version"}},
	{name: "go", needs: []string{"go", "version"}}, // built by the test
	{name: "node", command: []string{"node", "clients/send.mjs"}, needs: []string{"node", "--version"}},
	{name: "python", command: []string{"python3", "clients/send.py"}, needs: []string{"python3", "--version"}},
	{name: "php", command: []string{"php", "clients/send.php"}, needs: []string{"php", "-r", `exit(extension_loaded("curl") ? 0 : 1);`}},
	{name: "ruby", command: []string{"ruby", "clients/send.rb"}, needs: []string{"ruby", "--version"}},
	{name: "java", command: []string{"java", "clients/Send.java"}, needs: []string{"javac", "-version"}, tcpOnly: true},
}

// ready leaves a subtest where the program for it is missing.
func ready(t *testing.T, needs []string) {
	t.Helper()
	if out, err := exec.Command(needs[0], needs[1:]...).CombinedOutput(); err != nil {
		t.Skipf("%s: %v %s", strings.Join(needs, " "), err, out)
	}
}

const clientsConfig = `
agent { data_dir = "data" }
listen "http" { address = "127.0.0.1:0" }
listen "unix" { path = "door.sock" }
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
	if testing.Short() {
		t.Skip("a client waits the ten seconds that it is told to wait")
	}
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer receiver.Close()
	agent := start(t, fmt.Sprintf(clientsConfig, receiver.URL, false))
	fill(t, agent)
	const full = `postern_events_rejected_total{reason="queue_full"}`
	before := agent.metric(full)

	var waiting []*sending
	for _, c := range clients {
		for _, road := range []string{"tcp", "unix"} {
			if s := newSending(t, agent, c, road); s != nil {
				waiting = append(waiting, s)
				s.begin(s.id)
			}
		}
	}
	until(t, "each client to be refused", func() bool { return agent.metric(full)-before >= len(waiting) })
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
			s.begin("not an id")
			if out, err := s.end(); err == nil || !strings.Contains(out, "an id is made of") {
				t.Errorf("a bad id: %v\n%s", err, out)
			}
		})
	}
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
func newSending(t *testing.T, agent *program, c client, road string) (s *sending) {
	t.Helper()
	t.Run(c.name+" over "+road+" can run", func(t *testing.T) {
		if road == "unix" && c.tcpOnly {
			t.Skip("its HTTP client knows TCP only")
		}
		ready(t, c.needs)
		s = &sending{client: c, road: road, id: c.name + "-" + road, command: c.command}
		if c.name == "go" {
			built, err := build("./clients")
			if err != nil {
				t.Fatal(err)
			}
			s.command = []string{built}
		}
		s.where = "POSTERN_URL=http://" + agent.Events[0]
		if road == "unix" {
			s.where = "POSTERN_SOCKET=" + filepath.Join(agent.dir, "door.sock")
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
