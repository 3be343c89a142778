package console

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"time"
)

// An action answers one request with a value to be written as JSON, or with the
// reason why not. A nil value is "no content".
type action func(r *http.Request) (any, error)

// A resource is one path of the API. A method without an action is not allowed.
type resource struct {
	get, post, put, del action

	queried bool // get reads the query; else any parameter is refused

	patience time.Duration // that callers have with it, where that is more than the door's
}

// accepted is a value that is answered with 202: the rest happens later.
type accepted struct{ value any }

func (s resource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	do, err := s.choose(w, r)
	if err != nil {
		problem(err).Write(w)
		return
	}
	s.allow(w)
	v, err := do(r)
	if err != nil {
		problem(err).Write(w)
		return
	}
	answer(w, v)
}

// allow moves the deadlines of the connection behind what takes long. A test's
// connection may have none.
func (s resource) allow(w http.ResponseWriter) {
	if s.patience == 0 {
		return
	}
	connection, until := http.NewResponseController(w), time.Now().Add(s.patience)
	_ = connection.SetReadDeadline(until) // else the client would seem gone
	_ = connection.SetWriteDeadline(until)
}

// choose finds the action, and checks what holds for all of them.
func (s resource) choose(w http.ResponseWriter, r *http.Request) (action, error) {
	do := map[string]action{
		http.MethodGet: s.get, http.MethodHead: s.get, http.MethodPost: s.post,
		http.MethodPut: s.put, http.MethodDelete: s.del,
	}[r.Method]
	if do == nil {
		w.Header().Set("Allow", s.allowed())
		return nil, errMethod
	}
	if !s.queried {
		if _, err := parameters(r.URL.RawQuery); err != nil {
			return nil, err
		}
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return do, nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return do, jsonOrEmpty(r)
}

func (s resource) allowed() string {
	var names []string
	for _, m := range []struct {
		do   action
		name string
	}{{s.get, "GET, HEAD"}, {s.post, "POST"}, {s.put, "PUT"}, {s.del, "DELETE"}} {
		if m.do != nil {
			names = append(names, m.name)
		}
	}
	return strings.Join(names, ", ")
}

// maxBody is far above any secret.
const maxBody = 64 << 10

// jsonOrEmpty refuses the bodies that a web page can send without asking first.
func jsonOrEmpty(r *http.Request) error {
	if r.ContentLength == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return errMediaType
	}
	return nil
}

// answer writes what an action made.
func answer(w http.ResponseWriter, v any) {
	status := http.StatusOK
	switch a := v.(type) {
	case nil:
		w.WriteHeader(http.StatusNoContent)
		return
	case accepted:
		v, status = a.value, http.StatusAccepted
	case Reload:
		if !a.OK {
			reloadProblem(a).Write(w)
			return
		}
	}
	var b bytes.Buffer
	if err := Encode(&b, v); err != nil {
		problem(err).Write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // nothing can be said any more to a client that has gone
}
