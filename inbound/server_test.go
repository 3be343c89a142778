package inbound

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is an Accepter that forgets at the end of the process.
type memory struct {
	mu    sync.Mutex
	items []Item
	byID  map[string]Receipt
	err   error         // answered to all
	gate  chan struct{} // each call says here that it has begun, and waits to be let on
}

func (m *memory) Accept(ctx context.Context, items []Item) ([]Receipt, error) {
	if m.gate != nil {
		m.gate <- struct{}{}
		<-m.gate
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	if m.byID == nil {
		m.byID = make(map[string]Receipt)
	}
	var receipts []Receipt
	for _, i := range items {
		id := i.Event.ID
		if i.Key != "" {
			id = i.Key
		}
		r, known := m.byID[id]
		if !known {
			r = Receipt{ID: i.Event.ID, Deliveries: 2}
			m.byID[id] = Receipt{ID: i.Event.ID, Duplicate: true}
			m.items = append(m.items, i)
		}
		receipts = append(receipts, r)
	}
	return receipts, nil
}

// taken are the items so far.
func (m *memory) taken() []Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.items
}

// open serves on a listener until the test ends.
func open(t *testing.T, l net.Listener, o Options) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		s := Server{Options: o}
		ended <- s.Serve(ctx, l)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := ListenHTTP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// doorAt opens a door on loopback and answers its URL.
func doorAt(t *testing.T, o Options) string {
	t.Helper()
	l := listenLocal(t)
	open(t, l, o)
	return "http://" + l.Addr().String()
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

type answered struct {
	status int
	header http.Header
	body   []byte
}

func post(t *testing.T, url string, body []byte, header ...string) answered {
	t.Helper()
	return send(t, http.MethodPost, url, bytes.NewReader(body), header...)
}

func send(t *testing.T, method, url string, body io.Reader, header ...string) answered {
	t.Helper()
	q, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		q.Header[header[i]] = nil
		if header[i+1] != "" {
			q.Header[header[i]] = []string{header[i+1]}
		}
	}
	r, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	read, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{r.StatusCode, r.Header, read}
}

// told is a problem body.
type told struct {
	Type, Title, Detail string
	Status              int
	Line, Column        int
	Offset, Index       int
	ID                  string
	Errors              []fault
}

func (a answered) problem(t *testing.T) told {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q: %s", got, a.body)
	}
	var p told
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	if p.Status != a.status || p.Title != http.StatusText(a.status) || p.Detail == "" {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	return p
}

func TestOneEvent(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	a := post(t, url+"/v1/events", []byte(` {"source":"shop \u2713","time":"2026-05-04T10:00:00.120+02:00","id":"a-1_B",
		"data": {"n": 1.0e2, "s":"\u0041"} ,"type":"Prize \"Won\""} `))
	if a.status != 202 || string(a.body) != `{"id":"a-1_B","deliveries":2}`+"\n" || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s %v", a.status, a.body, a.header)
	}
	var want Item
	want.Event.ID, want.Event.Type, want.Event.Source = "a-1_B", `Prize "Won"`, "shop ✓"
	want.Event.Time, want.Event.Data = "2026-05-04T10:00:00.120+02:00", []byte(`{"n": 1.0e2, "s":"\u0041"}`)
	if diff := cmp.Diff([]Item{want}, m.taken()); diff != "" {
		t.Error(diff)
	}
}

func TestDuplicateIs200(t *testing.T) {
	url := doorAt(t, Options{Accepter: new(memory)})
	event := []byte(`{"type":"a","data":{},"id":"one"}`)
	post(t, url+"/v1/events", event)
	if a := post(t, url+"/v1/events", event); a.status != 200 || string(a.body) != `{"id":"one","duplicate":true}`+"\n" {
		t.Errorf("%d %s", a.status, a.body)
	}
	batch := []byte(`[{"type":"a","data":{},"id":"one"}, {"type":"a","data":{},"id":"two"}]`)
	if a := post(t, url+"/v1/events", batch); a.status != 202 || string(a.body) != `[{"id":"one","duplicate":true},{"id":"two","deliveries":2}]`+"\n" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestIDsAreMadeUpRising(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	post(t, url+"/v1/events", []byte(`[{"type":"a","data":{}},{"type":"b","data":{}},{"type":"c","data":{}}]`))
	items := m.taken()
	for i, item := range items {
		if id := item.Event.ID; len(id) != len("evt_")+26 || event.WrongID(id) != "" || i > 0 && id <= items[i-1].Event.ID {
			t.Errorf("id %q after %q", id, items[max(0, i-1)].Event.ID)
		}
	}
	if len(items) != 3 {
		t.Errorf("%d items", len(items))
	}
}

func TestIdempotencyKey(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	first := post(t, url+"/v1/events/a", []byte(`{}`), "Idempotency-Key", "order-1")
	var got struct{ ID string }
	if err := json.Unmarshal(first.body, &got); err != nil || first.status != 202 {
		t.Fatalf("%d %s", first.status, first.body)
	}
	for _, key := range []string{`order-1`, `"order-1"`, `"order\-1"`} {
		a := post(t, url+"/v1/events", []byte(`{"type":"a","data":{}}`), "Idempotency-Key", key)
		if key == `"order\-1"` {
			if a.status != 422 {
				t.Errorf("a wrong escape: %d", a.status)
			}
			continue
		}
		if want := `{"id":"` + got.ID + `","duplicate":true}` + "\n"; a.status != 200 || string(a.body) != want {
			t.Errorf("%s: %d %s, want %s", key, a.status, a.body, want)
		}
	}
	post(t, url+"/v1/events", []byte(`{"type":"a","data":{},"id":"mine"}`), "Idempotency-Key", "order-2")
	items := m.taken()
	if items[0].Key != "order-1" || items[1].Key != "" || items[1].Event.ID != "mine" {
		t.Errorf("%+v", items)
	}
}

// TestClientGoneBeforeTheAnswer: net/http ends the context of its request.
func TestClientGoneBeforeTheAnswer(t *testing.T) {
	m := &memory{gate: make(chan struct{})}
	ctx, gone := context.WithCancel(t.Context())
	q := httptest.NewRequestWithContext(ctx, "POST", "/v1/events", strings.NewReader(`{"type":"a","data":{},"id":"gone"}`))
	q.Header.Set("Content-Type", "application/json")
	served := make(chan struct{})
	go func() {
		defer close(served)
		(&Server{Options: Options{Accepter: m}}).ServeHTTP(httptest.NewRecorder(), q)
	}()
	<-m.gate
	gone()
	m.gate <- struct{}{}
	<-served
	if items := m.taken(); len(items) != 1 || items[0].Event.ID != "gone" {
		t.Errorf("taken: %+v", items)
	}
}

func TestAccepterSaysNo(t *testing.T) {
	one := `{"type":"a","data":{}}`
	for name, test := range map[string]struct {
		err    error
		body   string
		status int
		reason string
		retry  bool
	}{
		"full":            {ErrFull, one, 503, reasonFull, true},
		"unavailable":     {ErrUnavailable, one, 503, reasonUnavailable, true},
		"stopping":        {ErrStopping, one, 503, reasonStopping, true},
		"something else":  {io.ErrShortWrite, one, 503, reasonUnavailable, true},
		"too many owed":   {ErrTooMany, one, 413, reasonDeliveries, false},
		"conflict":        {&ConflictError{Index: 0, ID: "x"}, one, 409, reasonConflict, false},
		"conflict in two": {&ConflictError{Index: 1, ID: "x"}, "[" + one + "," + one + "]", 409, reasonConflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			url := doorAt(t, Options{Accepter: &memory{err: test.err}})
			a := post(t, url+"/v1/events", []byte(test.body))
			p := a.problem(t)
			if a.status != test.status || p.Type != "urn:postern:problem:"+test.reason || (a.header.Get("Retry-After") != "") != test.retry {
				t.Errorf("%d %v %s", a.status, a.header, a.body)
			}
			if c, ok := test.err.(*ConflictError); ok {
				pointer := map[int]string{0: "", 1: "/1"}[c.Index]
				if p.Index != c.Index || p.ID != "x" || p.Errors[0].Pointer != pointer {
					t.Errorf("%s", a.body)
				}
			}
		})
	}
}

func TestTooManyAtOnce(t *testing.T) {
	m := &memory{gate: make(chan struct{})}
	url := doorAt(t, Options{Accepter: m, Requests: 1, Patience: time.Millisecond})
	first := make(chan answered)
	go func() { first <- post(t, url+"/v1/events/a", []byte(`{}`)) }()
	<-m.gate
	a := post(t, url+"/v1/events/a", []byte(`{}`))
	if p := a.problem(t); a.status != 429 || a.header.Get("Retry-After") == "" || p.Type != "urn:postern:problem:busy" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	m.gate <- struct{}{}
	if a := <-first; a.status != 202 {
		t.Errorf("first: %d", a.status)
	}
}

func TestWrongPathsAndMethods(t *testing.T) {
	url := doorAt(t, Options{Accepter: new(memory)})
	for _, path := range []string{"/", "/v1", "/v1/event", "/v1/eventsx", "/v1/events/", "/v1/events/a/b", "/v1//events", "/V1/events", "/debug/pprof/"} {
		if a := post(t, url+path, []byte(`{}`)); a.status != 404 || a.problem(t).Type != "urn:postern:problem:not_found" {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
		a := send(t, method, url+"/v1/events", nil)
		if a.status != 405 || a.header.Get("Allow") != "POST" {
			t.Errorf("%s: %d %v", method, a.status, a.header)
		}
		for name := range a.header {
			if len(name) > 14 && name[:14] == "Access-Control" {
				t.Errorf("%s: %s", method, name)
			}
		}
	}
}

func TestTypeInThePath(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	for path, want := range map[string]string{
		"contact.subscribed": "contact.subscribed",
		"Prize%20Won":        "Prize Won",
		"a%2Fb%3Fc":          "a/b?c",
		"%C3%A9+%25":         "é+%",
		"%2E%2E":             "..",
	} {
		if a := post(t, url+"/v1/events/"+path, []byte(`{}`)); a.status != 202 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
			continue
		}
		if items := m.taken(); items[len(items)-1].Event.Type != want {
			t.Errorf("%s is %q, want %q", path, items[len(items)-1].Event.Type, want)
		}
	}
	for _, path := range []string{"a%2A", "%20a", "a%00", "%FF", "a%0A", strings.Repeat("%C3%A9", 64) + "a"} {
		a := post(t, url+"/v1/events/"+path, []byte(`{}`))
		p := a.problem(t)
		if a.status != 422 || p.Type != "urn:postern:problem:bad_type" || !strings.HasPrefix(p.Detail, "in the path: ") || p.Errors != nil {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	url := doorAt(t, Options{Accepter: new(memory)})
	for media, status := range map[string]int{
		"":                                     415,
		"text/plain":                           415,
		"application/x-www-form-urlencoded":    415,
		"multipart/form-data; boundary=x":      415,
		"application/json5":                    415,
		"application/json, text/plain":         415,
		"application/json; charset=iso-8859-1": 415,
		"application/json; charset":            415,
		"application/json":                     202,
		"Application/JSON; Charset=\"UTF-8\"":  202,
		"application/json;charset=utf-8;v=1":   202,
	} {
		if a := post(t, url+"/v1/events/a", []byte(`{}`), "Content-Type", media); a.status != status {
			t.Errorf("%q: %d, want %d", media, a.status, status)
		}
	}
}

// nobody reads what is written.
type nobody struct{ header http.Header }

func (n nobody) Header() http.Header         { return n.header }
func (n nobody) Write(b []byte) (int, error) { return len(b), nil }
func (n nobody) WriteHeader(int)             {}

type nowhere struct{}

func (nowhere) Accept(_ context.Context, items []Item) ([]Receipt, error) {
	return []Receipt{{ID: items[0].Event.ID, Deliveries: 1}}, nil
}

// BenchmarkServe is all of the door but the network.
func BenchmarkServe(b *testing.B) {
	s := &Server{Options: Options{Accepter: nowhere{}}}
	q, err := http.NewRequest("POST", "/v1/events", nil)
	if err != nil {
		b.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json; charset=utf-8")
	q.ContentLength = int64(len(oneKB))
	body := bytes.NewReader(oneKB)
	q.Body = io.NopCloser(body)
	w := nobody{make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(oneKB)
		s.ServeHTTP(w, q)
	}
}
