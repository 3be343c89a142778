package inbound

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/internal/metrics"
)

// withData is an event with this data.
func withData(data string) string { return `{"type":"a","data":` + data + `}` }

// ofSize is an event of exactly so many bytes.
func ofSize(n int) string {
	return withData(`{"x":"` + strings.Repeat("x", n-len(withData(`{"x":""}`))) + `"}`)
}

func batchOf(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(withData("{}")+",", n), ",") + "]"
}

var long = strings.Repeat("x", 300)

type badEvent struct {
	body    string
	status  int
	reason  string
	pointer string // of the first error
}

var badEvents = map[string]badEvent{
	"empty body":                 {"", 400, reasonJSON, ""},
	"not JSON":                   {"type=a&data=b", 400, reasonJSON, ""},
	"two documents":              {withData("{}") + "\n" + withData("{}"), 400, reasonJSON, ""},
	"second document in a batch": {batchOf(2) + "]", 400, reasonJSON, ""},
	"unclosed batch":             {"[" + withData("{}"), 400, reasonJSON, "/0"},
	"duplicate member":           {`{"type":"a","type":"a","data":{}}`, 400, reasonDuplicateKey, "/type"},
	"duplicate at depth":         {withData(`{"a":{"b":1,"b":1}}`), 400, reasonDuplicateKey, "/data/a/b"},
	"duplicate in a batch":       {"[" + withData("{}") + "," + withData(`{"b":1,"b":1}`) + "]", 400, reasonDuplicateKey, "/1/data/b"},
	"invalid UTF-8":              {withData("{\"a\":\"\xff\"}"), 400, reasonUTF8, "/data/a"},
	"lone surrogate":             {withData(`{"a":"\ud83d"}`), 400, reasonUTF8, "/data/a"},
	"null":                       {"null", 422, reasonEvent, ""},
	"number":                     {"1", 422, reasonEvent, ""},
	"string in a batch":          {"[" + withData("{}") + `,"x"]`, 422, reasonEvent, "/1"},
	"array in a batch":           {"[[]]", 422, reasonEvent, "/0"},
	"empty batch":                {" [ ] ", 422, reasonBatch, ""},
	"1,001 events":               {batchOf(1001), 422, reasonBatch, ""},
	"depth 65":                   {withData(nested(65)), 422, reasonDepth, "/data" + strings.Repeat("/a", 64)},
	"depth 10,001":               {withData(nested(10_001)), 422, reasonDepth, "/data" + strings.Repeat("/a", 64)},
	"no type":                    {`{"data":{}}`, 422, reasonType, ""},
	"type null":                  {`{"type":null,"data":{}}`, 422, reasonType, "/type"},
	"type number":                {`{"type":1,"data":{}}`, 422, reasonType, "/type"},
	"type empty":                 {`{"type":"","data":{}}`, 422, reasonType, "/type"},
	"type of 129 bytes":          {`{"type":"` + long[:129] + `","data":{}}`, 422, reasonType, "/type"},
	"type with a star":           {`{"type":"contact.*","data":{}}`, 422, reasonType, "/type"},
	"type with a space before":   {`{"type":" a","data":{}}`, 422, reasonType, "/type"},
	"type with a wide space":     {`{"type":"a\u2003","data":{}}`, 422, reasonType, "/type"},
	"type with NUL":              {`{"type":"a\u0000b","data":{}}`, 422, reasonType, "/type"},
	"type with C1":               {`{"type":"a\u009bb","data":{}}`, 422, reasonType, "/type"},
	"no data":                    {`{"type":"a"}`, 422, reasonData, ""},
	"data null":                  {withData("null"), 422, reasonData, "/data"},
	"data array":                 {withData("[{}]"), 422, reasonData, "/data"},
	"data string":                {withData(`"{}"`), 422, reasonData, "/data"},
	"unknown member":             {`{"type":"a","data":{},"tag~/s":[]}`, 422, reasonMember, "/tag~0~1s"},
	"id null":                    {`{"type":"a","data":{},"id":null}`, 422, reasonID, "/id"},
	"id number":                  {`{"type":"a","data":{},"id":7}`, 422, reasonID, "/id"},
	"id empty":                   {`{"type":"a","data":{},"id":""}`, 422, reasonID, "/id"},
	"id of 129 characters":       {`{"type":"a","data":{},"id":"` + long[:129] + `"}`, 422, reasonID, "/id"},
	"id with a dot":              {`{"type":"a","data":{},"id":"a.b"}`, 422, reasonID, "/id"},
	"id with CR LF":              {`{"type":"a","data":{},"id":"a\r\nX: y"}`, 422, reasonID, "/id"},
	"id beyond ASCII":            {`{"type":"a","data":{},"id":"é"}`, 422, reasonID, "/id"},
	"time without zone":          {`{"type":"a","data":{},"time":"2026-05-04T10:00:00"}`, 422, reasonTime, "/time"},
	"time as a number":           {`{"type":"a","data":{},"time":1777888800}`, 422, reasonTime, "/time"},
	"time without T":             {`{"type":"a","data":{},"time":"2026-05-04 10:00:00Z"}`, 422, reasonTime, "/time"},
	"30th of February":           {`{"type":"a","data":{},"time":"2026-02-30T10:00:00Z"}`, 422, reasonTime, "/time"},
	"time with one-digit hour":   {`{"type":"a","data":{},"time":"2026-05-04T1:00:00Z"}`, 422, reasonTime, "/time"},
	"time with a comma":          {`{"type":"a","data":{},"time":"2026-05-04T10:00:00,5Z"}`, 422, reasonTime, "/time"},
	"minute 60":                  {`{"type":"a","data":{},"time":"2026-05-04T10:60:00Z"}`, 422, reasonTime, "/time"},
	"second 61":                  {`{"type":"a","data":{},"time":"2016-12-31T23:59:61Z"}`, 422, reasonTime, "/time"},
	"leap second in the morning": {`{"type":"a","data":{},"time":"2016-12-31T10:00:60Z"}`, 422, reasonTime, "/time"},
	"leap second of no day":      {`{"type":"a","data":{},"time":"2016-12-32T23:59:60Z"}`, 422, reasonTime, "/time"},
	"year 10000":                 {`{"type":"a","data":{},"time":"10000-01-01T00:00:00Z"}`, 422, reasonTime, "/time"},
	"negative year":              {`{"type":"a","data":{},"time":"-0001-01-01T00:00:00Z"}`, 422, reasonTime, "/time"},
	"time zone of 24 hours":      {`{"type":"a","data":{},"time":"2026-05-04T10:00:00+24:00"}`, 422, reasonTime, "/time"},
	"source too long":            {`{"type":"a","data":{},"source":"` + long[:257] + `"}`, 422, reasonSource, "/source"},
	"source with a newline":      {`{"type":"a","data":{},"source":"a\nb"}`, 422, reasonSource, "/source"},
	"source object":              {`{"type":"a","data":{},"source":{}}`, 422, reasonSource, "/source"},
	"1 MiB and a byte":           {ofSize(maxEventBytes + 1), 413, reasonTooLarge, ""},
	"2 MiB":                      {ofSize(2 << 20), 413, reasonTooLarge, ""},
	"too large in a batch":       {"[" + withData("{}") + "," + ofSize(maxEventBytes+1) + "]", 413, reasonTooLarge, "/1"},
	"batch over 16 MiB":          {"[" + strings.Repeat(ofSize(maxEventBytes)+",", 16) + withData("{}") + "]", 413, reasonTooLarge, ""},
}

func TestBadEvents(t *testing.T) {
	for name, test := range badEvents {
		t.Run(name, func(t *testing.T) {
			m := new(memory)
			counted := metrics.New("test")
			url := doorAt(t, Options{Accepter: m, Metrics: counted})
			a := post(t, url+"/v1/events", []byte(test.body))
			p := a.problem(t)
			if a.status != test.status || p.Type != "urn:postern:problem:"+test.reason {
				t.Fatalf("%d %s, want %d %s", a.status, a.body, test.status, test.reason)
			}
			if len(p.Errors) == 0 || p.Errors[0].Pointer != test.pointer || p.Errors[0].Detail == "" {
				t.Errorf("errors %+v, want the first at %q", p.Errors, test.pointer)
			}
			if test.status == 400 && (p.Line == 0 || p.Column == 0) {
				t.Errorf("no line and column: %s", a.body)
			}
			if len(m.taken()) > 0 {
				t.Error("something was taken")
			}
			want := fmt.Sprintf(`postern_events_rejected_total{reason=%q} 1`, test.reason)
			if got := exposed(t, counted); !strings.Contains(got, want) {
				t.Errorf("not counted as %s", want)
			}
		})
	}
}

// exposed is what a scrape of the metrics reads.
func exposed(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestGoodEventsAtTheLimits(t *testing.T) {
	url := doorAt(t, Options{Accepter: new(memory)})
	for name, body := range map[string]string{
		"1 MiB":                  ofSize(maxEventBytes),
		"1 MiB and white space":  "\n " + ofSize(maxEventBytes) + " \n",
		"1,000 events":           batchOf(1000),
		"depth 64":               withData(nested(64)),
		"depth 64 in a batch":    "[" + withData(nested(64)) + "]",
		"type of 128 bytes":      `{"type":"` + strings.Repeat("é", 64) + `","data":{}}`,
		"id of 128 characters":   `{"type":"a","data":{},"id":"` + strings.Repeat("x", 128) + `"}`,
		"source of 256 bytes":    `{"type":"a","data":{},"source":"` + strings.Repeat("x", 256) + `"}`,
		"empty source":           `{"type":"a","data":{},"source":""}`,
		"time with nanoseconds":  `{"type":"a","data":{},"time":"2026-05-04T10:00:00.123456789-07:00"}`,
		"escaped member name":    `{"\u0074ype":"a","data":{}}`,
		"members in any order":   `{"data":{},"id":"x","type":"a"}`,
		"NUL in data":            withData(`{"a":"\u0000"}`),
		"name of 1 MB":           withData(`{"` + strings.Repeat("k", 1_000_000) + `":1}`),
		"batch of almost 16 MiB": "[" + strings.Repeat(ofSize(maxEventBytes-1)+",", 15) + withData("{}") + "]",
	} {
		if a := post(t, url+"/v1/events", []byte(body)); a.status != 202 {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
	}
}

// Whenever something happened: the time is passed on as it was written.
func TestTimesOfEveryYear(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	for i, when := range []string{
		"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "1900-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z",
		"2038-01-19T03:14:07Z", "2038-01-19T03:14:08Z", "2106-02-07T06:28:16Z", "2262-04-12T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
		"2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "1990-12-31T15:59:60-08:00", "2017-01-01T00:59:60+01:00",
		"2026-03-29T02:30:00+01:00", "2026-10-25T02:30:00+01:00", "2026-05-04T10:00:00-00:00",
	} {
		a := post(t, url+"/v1/events", []byte(`{"type":"a","data":{},"time":"`+when+`"}`))
		if a.status != 202 {
			t.Errorf("%s: %d %s", when, a.status, a.body)
		} else if got := m.taken()[len(m.taken())-1].Event; got.Time != when || got.Timestamp() != when {
			t.Errorf("%d: %s is passed on as %s", i, when, got.Time)
		}
	}
}

func TestAllFaultsAreTold(t *testing.T) {
	url := doorAt(t, Options{Accepter: new(memory)})
	a := post(t, url+"/v1/events", []byte(`[{"type":"*","dta":{},"id":"."},{"type":"a","data":{}},3,{"event":"x","data":[]}]`))
	p := a.problem(t)
	var got []string
	for _, e := range p.Errors {
		got = append(got, e.Pointer+" "+e.Detail)
	}
	want := []string{
		"/0/type a type has no '*': a subscription may, alone or behind a dot",
		`/0/dta unknown member "dta"; did you mean "data"?`,
		"/0/id an id is made of A-Z, a-z, 0-9, '_' and '-' only",
		"/0 data is missing: it is a JSON object, {} at least",
		`/2 an event is an object {"type", "data"}, not a number`,
		`/3/event unknown member "event"; did you mean "type"?`,
		"/3/data data is a JSON object, not an array",
		"/3 type is missing",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := `"/0/type": a type has no '*': a subscription may, alone or behind a dot (and 7 more)`; p.Detail != want {
		t.Errorf("detail %q, want %q", p.Detail, want)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"type":"a","data":{}`)
	for i := range 50_000 {
		fmt.Fprintf(&b, `,"typ%d":1`, i)
	}
	b.WriteByte('}')
	_, _, p := decode([]byte(b.String()), "")
	if got := p.More["errors"].([]fault); len(got) != maxFaults || !strings.HasSuffix(p.Detail, "(and at least 19 more)") {
		t.Errorf("%d faults, detail %q", len(got), p.Detail)
	}
}

func TestPlaceOfAFlaw(t *testing.T) {
	url := doorAt(t, Options{Accepter: new(memory)})
	a := post(t, url+"/v1/events", []byte("{\n \"type\": \"a\",\n \"data\": {\"é\": 1, \"é\": 2}\n}"))
	want := told{
		Type: "urn:postern:problem:duplicate_key", Title: "Bad Request", Status: 400,
		Detail: `line 3, column 19: the member "é" stands in this object twice`,
		Line:   3, Column: 19, Offset: 35,
		Errors: []fault{{Pointer: "/data/é", Detail: `the member "é" stands in this object twice`}},
	}
	if diff := cmp.Diff(want, a.problem(t), cmp.AllowUnexported(fault{})); diff != "" {
		t.Error(diff)
	}
}

func TestBadKeys(t *testing.T) {
	url := doorAt(t, Options{Accepter: new(memory)})
	for _, key := range []string{`"`, `""`, `"a`, `a b`, `"a b"`, `"a"b`, `"a\x"`, "é", strings.Repeat("x", 256)} {
		a := post(t, url+"/v1/events/a", []byte(`{}`), "Idempotency-Key", key)
		if a.status != 422 || a.problem(t).Type != "urn:postern:problem:idempotency_key" {
			t.Errorf("%.20q: %d %s", key, a.status, a.body)
		}
	}
	if a := post(t, url+"/v1/events", []byte(batchOf(1)), "Idempotency-Key", "x"); a.status != 422 {
		t.Errorf("with an array: %d", a.status)
	}
	if a := post(t, url+"/v1/events/a", []byte(`{}`), "Idempotency-Key", `"`+strings.Repeat("x", 253)+`\""`); a.status != 202 {
		t.Errorf("254 characters, quoted: %d", a.status)
	}
}

// TestEventsOfManySenders posts what well-known senders send, as it is.
func TestEventsOfManySenders(t *testing.T) {
	files, err := filepath.Glob("../event/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	var objects, arrays int
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a := post(t, url+"/v1/events/any", body)
		if body[0] == '[' {
			arrays++
			if a.status != 422 || a.problem(t).Type != "urn:postern:problem:bad_data" {
				t.Errorf("%s: %d %s", file, a.status, a.body)
			}
			continue
		}
		objects++
		if a.status != 202 {
			t.Errorf("%s: %d %s", file, a.status, a.body)
			continue
		}
		items := m.taken()
		if diff := cmp.Diff(strings.TrimSpace(string(body)), string(items[len(items)-1].Event.Data)); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	if objects != 24 || arrays != 3 {
		t.Errorf("%d objects and %d arrays", objects, arrays)
	}
	header, body := binaryExample(t)
	a := post(t, url+"/v1/events/"+header.Get("ce-type"), body)
	if items := m.taken(); a.status != 202 || string(items[len(items)-1].Event.Data) != string(body) {
		t.Errorf("a CloudEvent's data by itself: %d %s", a.status, a.body)
	}
	for _, file := range []string{"mailchimp-subscribe.form", "activecampaign-subscribe.form"} {
		body, err := os.ReadFile(filepath.Join("../event/testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if a := post(t, url+"/v1/events/any", body, "Content-Type", "application/x-www-form-urlencoded"); a.status != 415 {
			t.Errorf("%s: %d", file, a.status)
		}
	}
}
