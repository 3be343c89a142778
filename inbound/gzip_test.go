package inbound

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, part := range parts {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestGzip(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	event := `{"type":"a","data":{"n":1}}`
	for name, body := range map[string][]byte{
		"one member":           zipped(t, event),
		"in two parts":         zipped(t, event[:5], event[5:]),
		"a batch":              zipped(t, batchOf(1000)),
		"an event of 1 MiB":    zipped(t, ofSize(maxEventBytes)),
		"larger than it was":   zipped(t, withData("{}")),
		"after one that broke": zipped(t, event),
	} {
		a := post(t, url+"/v1/events", body, "Content-Encoding", "gzip")
		if a.status != 202 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if broken := post(t, url+"/v1/events", body[:len(body)-1], "Content-Encoding", "X-Gzip"); broken.status != 400 || broken.problem(t).Type != "urn:postern:problem:gzip" {
			t.Errorf("%s, cut off: %d %s", name, broken.status, broken.body)
		}
	}
	for _, form := range []string{ndjson, "application/cloudevents+json"} {
		body := event
		if form != ndjson {
			body = `{"specversion":"1.0","type":"a","source":"/s","id":"1"}`
		}
		if a := post(t, url+"/v1/events", zipped(t, body), "Content-Type", form, "Content-Encoding", "gzip"); a.status != 202 {
			t.Errorf("%s: %d %s", form, a.status, a.body)
		}
	}
}

func TestBadGzip(t *testing.T) {
	good := zipped(t, withData("{}"))
	wrongSum := bytes.Clone(good)
	wrongSum[len(wrongSum)-8] ^= 1
	for name, tt := range map[string]struct {
		body   []byte
		coding string
		status int
		reason string
	}{
		"not compressed":     {[]byte(withData("{}")), "gzip", 400, reasonGzip},
		"nothing":            {nil, "gzip", 400, reasonGzip},
		"cut in its header":  {good[:5], "gzip", 400, reasonGzip},
		"a wrong checksum":   {wrongSum, "gzip", 400, reasonGzip},
		"something behind":   {append(bytes.Clone(good), "{}"...), "gzip", 400, reasonGzip},
		"no JSON in it":      {zipped(t, "{"), "gzip", 400, reasonJSON},
		"a bomb":             {zipped(t, "["+strings.Repeat(" ", 200<<20)), "gzip", 413, reasonTooLarge},
		"a bomb of no array": {zipped(t, strings.Repeat(" ", 200<<20)), "gzip", 413, reasonTooLarge},
		"twice":              {zipped(t, string(good)), "gzip, gzip", 415, reasonMediaType},
		"deflate":            {good, "deflate", 415, reasonMediaType},
		"br":                 {good, "br", 415, reasonMediaType},
		"no coding's name":   {good, " ", 415, reasonMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			a := post(t, doorAt(t, Options{Accepter: new(memory)})+"/v1/events", tt.body, "Content-Encoding", tt.coding)
			if p := a.problem(t); a.status != tt.status || p.Type != "urn:postern:problem:"+tt.reason {
				t.Errorf("%d %s", a.status, a.body)
			}
			if tt.status == 415 && a.header.Get("Accept-Encoding") != "gzip, identity" {
				t.Errorf("Accept-Encoding %q", a.header.Get("Accept-Encoding"))
			}
		})
	}
}

// endless says the same again and again.
type endless struct {
	said []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.said[e.at:])
	e.at = (e.at + n) % len(e.said)
	return n, nil
}

func TestAGzipOfNothingEnds(t *testing.T) {
	s := prepared(Options{})
	q := &http.Request{Header: http.Header{"Content-Encoding": {"gzip"}}, ContentLength: -1, Body: io.NopCloser(&endless{said: zipped(t, "")})}
	if _, _, p := s.body(q, either); p == nil || p.Status != 400 || !strings.Contains(p.Detail, "longer in gzip") {
		t.Errorf("%+v", p)
	}
}

func FuzzGzip(f *testing.F) {
	f.Add(zipped(f, withData("{}")))
	f.Add(zipped(f, "a", "b")[:30])
	f.Add([]byte{0x1f, 0x8b, 8})
	s := prepared(Options{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var want []byte
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err == nil {
			want, err = io.ReadAll(io.LimitReader(r, maxBatchBytes+1))
		}
		q := &http.Request{Header: http.Header{"Content-Encoding": {"gzip"}}, ContentLength: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b))}
		got, taken, p := s.body(q, several)
		s.room.Release(taken)
		if (p == nil) != (err == nil && len(want) <= maxBatchBytes) || p == nil && !bytes.Equal(got, want) {
			t.Fatalf("%x: %v, %+v", b, err, p)
		}
	})
}
