package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/posternhq/postern/outbound"
)

// A capture is a request that somebody kept.
type capture struct {
	message *outbound.Message
	at      time.Time // of its arrival
}

// capture reads the request from wherever it is.
func (v *verifyVerb) capture(s *session) (*capture, error) {
	c, err := v.read(s)
	if err != nil {
		return nil, err
	}
	if v.Method != "" {
		c.message.Method = strings.ToUpper(v.Method)
	}
	if v.URL != "" {
		if c.message.URL, err = url.Parse(v.URL); err != nil || !c.message.URL.IsAbs() {
			return nil, usageError{"--url: a whole URL is wanted, such as https://example.com/hook?a=b"}
		}
	}
	if v.At != "" {
		if c.at, err = time.Parse(time.RFC3339, v.At); err != nil {
			return nil, usageError{"--at: a time such as 2026-01-31T12:00:00Z is wanted"}
		}
	}
	return c, nil
}

func (v *verifyVerb) read(s *session) (*capture, error) {
	if v.Headers == "" {
		raw, err := readInput(s, v.File, maxInput)
		if err != nil {
			return nil, err
		}
		c, err := readCapture(raw, time.Now())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.File, err)
		}
		return c, nil
	}
	raw, err := readInput(s, v.Headers, maxInput)
	if err != nil {
		return nil, fmt.Errorf("--headers: %w", err)
	}
	m, err := readHead(raw)
	if err != nil {
		return nil, fmt.Errorf("--headers: %s: %w", v.Headers, err)
	}
	if v.Body != "" {
		if m.Body, err = readInput(s, v.Body, maxInput); err != nil {
			return nil, fmt.Errorf("--body: %w", err)
		}
	}
	return &capture{message: m, at: time.Now()}, nil
}

// readCapture reads a whole request in any of the forms that are known.
func readCapture(raw []byte, now time.Time) (*capture, error) {
	if text := bytes.TrimSpace(raw); bytes.HasPrefix(text, []byte("{")) {
		return readNoted(text, now)
	}
	head, body, found := cutHead(raw)
	if !found {
		return nil, errors.New("no empty line ends its headers: give --headers and --body, if it is in two files")
	}
	m, err := readHead(head)
	if err != nil {
		return nil, err
	}
	if m.Header.Get("Transfer-Encoding") != "" {
		return nil, errors.New("its body is written in chunks: give --headers and --body, with the body as it was before")
	}
	m.Body = body
	return &capture{message: m, at: now}, nil
}

// cutHead parts headers from the body, byte for byte.
func cutHead(raw []byte) (head, body []byte, found bool) {
	for at := 0; at < len(raw); {
		end := bytes.IndexByte(raw[at:], '\n')
		if end < 0 {
			break
		}
		if line := bytes.TrimSuffix(raw[at:at+end], []byte("\r")); len(line) == 0 {
			return raw[:at], raw[at+end+1:], true
		}
		at += end + 1
	}
	return nil, nil, false
}

// readHead reads lines of headers, behind a request line if there is one. Lines
// of curl --verbose have a > before them.
func readHead(raw []byte) (*outbound.Message, error) {
	m := &outbound.Message{Method: http.MethodPost, Header: http.Header{}}
	target, n := "/", 0
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "> ")
		if n++; line == "" || line == ">" {
			continue
		}
		if method, to, ok := requestLine(line); ok && len(m.Header) == 0 {
			m.Method, target = method, to
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("line %d is not a header, such as webhook-id: evt_1", n)
		}
		m.Header.Add(name, strings.Trim(value, " \t"))
	}
	if len(m.Header) == 0 {
		return nil, errors.New("there are no headers")
	}
	return m, locate(m, target)
}

func requestLine(line string) (method, target string, ok bool) {
	words := strings.Fields(line)
	if len(words) != 3 || !strings.HasPrefix(words[2], "HTTP/") {
		return "", "", false
	}
	return words[0], words[1], true
}

// locate makes the absolute URL of a request's target.
func locate(m *outbound.Message, target string) (err error) {
	if m.URL, err = url.Parse(target); err != nil {
		return errors.New("its target is not a URL")
	}
	if !m.URL.IsAbs() {
		m.URL.Scheme, m.URL.Host = "https", m.Header.Get("Host")
	}
	return nil
}

// A noted request is what receive or explain wrote of it.
type noted struct {
	At       time.Time       `json:"at"`
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	Query    string          `json:"query"`
	URL      string          `json:"url"`
	Headers  json.RawMessage `json:"headers"`
	Body     string          `json:"body"`
	Encoding string          `json:"body_encoding"`

	Explanations []struct {
		Request *noted `json:"request"`
	} `json:"explanations"`
}

func readNoted(text []byte, now time.Time) (*capture, error) {
	var n noted
	if err := json.Unmarshal(text, &n); err != nil {
		if bytes.Count(text, []byte("\n")) > 0 && json.Valid(text[:bytes.IndexByte(text, '\n')]) {
			return nil, errors.New("it holds several requests: one can be checked")
		}
		return nil, errors.New("it is not the JSON of one request")
	}
	if n.Explanations != nil {
		one, err := n.explained()
		if err != nil {
			return nil, err
		}
		n = *one
	}
	return n.capture(now)
}

// explained is the one request of explanations.
func (n *noted) explained() (one *noted, err error) {
	for _, x := range n.Explanations {
		switch {
		case x.Request == nil:
		case one != nil:
			return nil, errors.New("it explains several requests: choose one with explain --webhook NAME")
		default:
			one = x.Request
		}
	}
	if one == nil {
		return nil, errors.New("it explains no request")
	}
	return one, nil
}

func (n *noted) capture(now time.Time) (*capture, error) {
	h, err := n.header()
	if err != nil {
		return nil, err
	}
	m := &outbound.Message{Method: n.Method, Header: h, Body: []byte(n.Body)}
	if m.Method == "" {
		m.Method = http.MethodPost
	}
	if n.Encoding == "base64" {
		if m.Body, err = base64.StdEncoding.DecodeString(n.Body); err != nil {
			return nil, errors.New("its body is not base64, though body_encoding says so")
		}
	}
	target := n.URL
	if target == "" {
		target = n.Path
		if n.Query != "" {
			target += "?" + n.Query
		}
	}
	c := &capture{message: m, at: now}
	if !n.At.IsZero() {
		c.at = n.At
	}
	return c, locate(m, target)
}

// header reads names with lists of values, or a list of names and values.
func (n *noted) header() (http.Header, error) {
	h := http.Header{}
	var lists map[string][]string
	var list []struct{ Name, Value string }
	switch {
	case json.Unmarshal(n.Headers, &lists) == nil:
		for name, values := range lists {
			for _, value := range values {
				h.Add(name, value)
			}
		}
	case json.Unmarshal(n.Headers, &list) == nil:
		for _, one := range list {
			h.Add(one.Name, one.Value)
		}
	}
	if len(h) == 0 {
		return nil, errors.New("it has no headers as receive or explain write them")
	}
	return h, nil
}

func encoded(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }
