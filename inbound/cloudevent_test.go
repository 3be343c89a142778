package inbound

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
)

const (
	cloudJSON  = "application/cloudevents+json"
	cloudArray = "application/cloudevents-batch+json"
)

// required attributes of an event, as members.
const core = `"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"A234-1234-1234"`

// cloudly is what became of a CloudEvent.
func cloudly(e event.Event) string {
	return e.ID + " " + e.Type + " " + e.Source + " " + e.Time + " " + e.Cloud.ID + " " + string(e.Cloud.Attributes) + " " + string(e.Data)
}

// The examples of the specification and of its JSON format, in words of our own.
func TestCloudEventsAsTheSpecificationShowsThem(t *testing.T) {
	id := event.CloudID("/mycontext", "A234-1234-1234")
	head := id + " com.example.someevent /mycontext  A234-1234-1234 "
	for name, tt := range map[string]struct{ body, want string }{
		"XML as text": {`{` + core + `,"time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,"datacontenttype":"text/xml","data":"<much wow=\"xml\"/>"}`,
			id + ` com.example.someevent /mycontext 2018-04-05T17:31:00Z A234-1234-1234 ` +
				`{"comexampleextension1":"value","comexampleothervalue":5,"datacontenttype":"text/xml"} {"data":"<much wow=\"xml\"/>"}`},
		"JSON": {`{` + core + `,"unsetextension":null,"datacontenttype":"application/json","data":{"appinfoA":"abc","appinfoB":123,"appinfoC":true}}`,
			head + `{"datacontenttype":"application/json"} {"appinfoA":"abc","appinfoB":123,"appinfoC":true}`},
		"bytes":                    {`{` + core + `,"datacontenttype":"application/vnd.apache.thrift.binary","data_base64":"AAEC/w=="}`, head + `{"datacontenttype":"application/vnd.apache.thrift.binary"} {"data_base64":"AAEC/w=="}`},
		"a number as data":         {`{` + core + `,"datacontenttype":"application/json","data":1.50}`, head + `{"datacontenttype":"application/json"} {"data":1.50}`},
		"a text as data":           {`{` + core + `,"data":"I'm just a string"}`, head + `{} {"data":"I'm just a string"}`},
		"a list as data":           {`{` + core + `,"data":[1, 2]}`, head + `{} {"data":[1, 2]}`},
		"no data":                  {`{` + core + `}`, head + `{} {}`},
		"null as data":             {`{` + core + `,"data":null,"subject":null}`, head + `{} {}`},
		"JSON in base64":           {`{` + core + `,"datacontenttype":"application/json","data_base64":"eyAieHl6IjogMTIzIH0="}`, head + `{"datacontenttype":"application/json"} { "xyz": 123 }`},
		"JSON in base64, untyped":  {`{` + core + `,"data_base64":"eyAieHl6IjogMTIzIH0="}`, head + `{} { "xyz": 123 }`},
		"text in base64":           {`{` + core + `,"datacontenttype":"text/plain","data_base64":"PGI+JiI="}`, head + `{"datacontenttype":"text/plain"} {"data":"<b>&\""}`},
		"bytes of another charset": {`{` + core + `,"datacontenttype":"text/plain; charset=latin1","data_base64":"6Q=="}`, head + `{"datacontenttype":"text/plain; charset=latin1"} {"data_base64":"6Q=="}`},
		"every attribute":          {`{` + core + `,"subject":"123","dataschema":"https://example.com/s","flag":true,"n":-2147483648,"empty":""}`, head + `{"subject":"123","dataschema":"https://example.com/s","flag":true,"n":-2147483648,"empty":""} {}`},
	} {
		t.Run(name, func(t *testing.T) {
			m := new(memory)
			a := post(t, doorAt(t, Options{Accepter: m})+"/v1/events", []byte(tt.body), "Content-Type", cloudJSON+"; charset=UTF-8")
			if a.status != 202 || string(a.body) != `{"id":"`+id+`","deliveries":2}`+"\n" {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if diff := cmp.Diff(tt.want, cloudly(m.taken()[0].Event)); diff != "" {
				t.Error(diff)
			}
			if !json.Valid(m.taken()[0].Event.Cloud.Attributes) {
				t.Error("the attributes are no JSON")
			}
		})
	}
}

func TestCloudEventsOfEveryMode(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	for file, media := range map[string]string{"cloudevents-structured.json": cloudJSON, "cloudevents-batch.json": cloudArray} {
		body, err := os.ReadFile("../event/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if a := post(t, url+"/v1/events", body, "Content-Type", media); a.status != 202 {
			t.Errorf("%s: %d %s", file, a.status, a.body)
		}
	}
	given, body := binaryExample(t)
	var header []string
	for name := range given {
		header = append(header, name, given.Get(name))
	}
	if a := post(t, url+"/v1/events", body, header...); a.status != 202 {
		t.Errorf("binary: %d %s", a.status, a.body)
	}
	got := map[string]string{}
	for _, i := range m.taken() {
		got[i.Event.Cloud.ID] = string(i.Event.Cloud.Attributes) + " " + string(i.Event.Data)
	}
	// The structured and the batch one share an id, not a source.
	want := map[string]string{
		"B234-1234-1234": `{"datacontenttype":"application/octet-stream"} {"data_base64":"eyAieHl6IjogMTIzIH0="}`,
		"D234-1234-1234": `{"comexampleothervalue":"5","datacontenttype":"application/json"} {"contact":{"email":"ada@example.com"}}`,
	}
	for id, text := range want {
		if got[id] != text {
			t.Errorf("%s: %s, want %s", id, got[id], text)
		}
	}
	if len(m.taken()) != 4 {
		t.Errorf("%d events", len(m.taken()))
	}
	again := post(t, url+"/v1/events", body, header...)
	if again.status != 200 || !strings.Contains(string(again.body), `"duplicate":true`) {
		t.Errorf("the same source and id: %d %s", again.status, again.body)
	}
}

// binaryExample is the request of a CloudEvent in binary mode.
func binaryExample(t *testing.T) (http.Header, []byte) {
	t.Helper()
	raw, err := os.Open("../event/testdata/cloudevents-binary.http")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	q, err := http.ReadRequest(bufio.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		t.Fatal(err)
	}
	return q.Header, body
}

// binaryMode posts a CloudEvent in binary mode, and answers with what became of it.
func binaryMode(t *testing.T, body string, header ...string) (answered, []Item) {
	t.Helper()
	m := new(memory)
	whole := []string{"Ce-Specversion", "1.0", "Ce-Id", "1", "Ce-Source", "/s", "Ce-Type", "t"}
	a := post(t, doorAt(t, Options{Accepter: m})+"/v1/events", []byte(body), append(whole, header...)...)
	return a, m.taken()
}

func TestCloudEventsInBinaryMode(t *testing.T) {
	head := event.CloudID("/s", "1") + " t /s  1 "
	for name, tt := range map[string]struct {
		body   string
		header []string
		want   string
	}{
		"JSON":                {`{"a": 1.0} `, nil, head + `{"datacontenttype":"application/json"} {"a": 1.0}`},
		"JSON of a kind":      {`{"a":1}`, []string{"Content-Type", "application/vnd.x+json; charset=utf-8"}, head + `{"datacontenttype":"application/vnd.x+json; charset=utf-8"} {"a":1}`},
		"no media type":       {`{"a":1}`, []string{"Content-Type", ""}, head + `{} {"a":1}`},
		"a list":              {`[1]`, nil, head + `{"datacontenttype":"application/json"} {"data":[1]}`},
		"text":                {"héllo\n<b>", []string{"Content-Type", "text/plain"}, head + `{"datacontenttype":"text/plain"} {"data":"héllo\n<b>"}`},
		"bytes":               {"\x00\xff", []string{"Content-Type", "image/png"}, head + `{"datacontenttype":"image/png"} {"data_base64":"AP8="}`},
		"nothing":             {"", nil, head + `{"datacontenttype":"application/json"} {}`},
		"nothing, untyped":    {"", []string{"Content-Type", ""}, head + `{} {}`},
		"nothing, of text":    {"", []string{"Content-Type", "text/plain"}, head + `{"datacontenttype":"text/plain"} {}`},
		"attributes":          {"", []string{"Content-Type", "", "Ce-Subject", "Euro%20%E2%82%AC%20%F0%9F%98%80", "Ce-Myextension", `"a \"b\" 50%25"`, "Ce-Zone", "é"}, head + `{"myextension":"a \"b\" 50%","subject":"Euro € 😀","zone":"é"} {}`},
		"a time":              {"", []string{"Content-Type", "", "Ce-Time", "2018-04-05T17:31:00.5Z"}, event.CloudID("/s", "1") + ` t /s 2018-04-05T17:31:00.5Z 1 {} {}`},
		"plus is no space":    {"", []string{"Content-Type", "", "Ce-Subject", "a+b"}, head + `{"subject":"a+b"} {}`},
		"a quote in the text": {"", []string{"Content-Type", "", "Ce-Subject", `5"`}, head + `{"subject":"5\""} {}`},
	} {
		t.Run(name, func(t *testing.T) {
			a, items := binaryMode(t, tt.body, tt.header...)
			if a.status != 202 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if diff := cmp.Diff(tt.want, cloudly(items[0].Event)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadCloudEventsInBinaryMode(t *testing.T) {
	for name, tt := range map[string]struct {
		body   string
		header []string
		status int
		reason string
		detail string
	}{
		"no id":               {"{}", []string{"Ce-Id", ""}, 422, reasonID, "id is missing"},
		"no version":          {"{}", []string{"Ce-Specversion", ""}, 422, reasonCloudEvent, "specversion is missing"},
		"an old version":      {"{}", []string{"Ce-Specversion", "0.3"}, 422, reasonCloudEvent, `ce-specversion: specversion is "1.0", not "0.3"`},
		"no source":           {"{}", []string{"Ce-Source", ""}, 422, reasonSource, "source is missing"},
		"a wrong source":      {"{}", []string{"Ce-Source", "http://[::1"}, 422, reasonSource, "ce-source: a source is a URI reference, such as /shops/7 or https://example.com/shop"},
		"a wrong type":        {"{}", []string{"Ce-Type", "a*"}, 422, reasonType, "ce-type: a type has no '*': a subscription may, alone or behind a dot"},
		"a wrong time":        {"{}", []string{"Ce-Time", "now"}, 422, reasonTime, `ce-time: a time is written as RFC 3339 has it, such as "2026-05-04T10:00:00Z"`},
		"a lone percent":      {"{}", []string{"Ce-Subject", "50%"}, 422, reasonCloudEvent, "ce-subject: behind '%' stand two hexadecimal digits; a percent sign itself is written %25"},
		"not UTF-8":           {"{}", []string{"Ce-Subject", "%FF"}, 422, reasonCloudEvent, "ce-subject: is not valid UTF-8"},
		"a line end":          {"{}", []string{"Ce-Subject", "a%0Ab"}, 422, reasonCloudEvent, "ce-subject: subject has no control characters"},
		"an extension's name": {"{}", []string{"Ce-My-Ext", "a"}, 422, reasonCloudEvent, `ce-my-ext: the name of an attribute is made of a-z and 0-9 only, and "my-ext" is not; what is yours goes into data`},
		"data as a header":    {"{}", []string{"Ce-Data", "a"}, 422, reasonCloudEvent, "ce-data: no attribute is called data"},
		"the media type":      {"{}", []string{"Ce-Datacontenttype", "text/plain"}, 422, reasonCloudEvent, "ce-datacontenttype: the media type of the data is the Content-Type of the request"},
		"no JSON":             {`{"a":}`, nil, 400, reasonJSON, "line 1, column 6: expected a value, found '}'"},
		"two JSON texts":      {`{} {}`, nil, 400, reasonJSON, "line 1, column 4: the body holds more than one JSON text: found '{' after its end"},
		"text not of UTF-8":   {"\xff", []string{"Content-Type", "text/plain"}, 422, reasonUTF8, "this is not valid UTF-8, as text/plain has to be"},
		"too deep":            {nested(65), nil, 422, reasonDepth, ""},
		"a list too deep":     {"[" + nested(63) + "]", nil, 422, reasonDepth, ""},
		"too large":           {strings.Repeat("x", maxEventBytes+spaceAround+1), []string{"Content-Type", "text/plain"}, 413, reasonTooLarge, "an event may be at most 1 MiB"},
		"too large as base64": {strings.Repeat("x", maxEventBytes), []string{"Content-Type", "image/png"}, 413, reasonTooLarge, "an event may be at most 1 MiB"},
		"another format":      {"", []string{"Content-Type", "application/cloudevents+avro"}, 415, reasonMediaType, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, items := binaryMode(t, tt.body, tt.header...)
			p := a.problem(t)
			if a.status != tt.status || p.Type != "urn:postern:problem:"+tt.reason || tt.detail != "" && p.Detail != tt.detail {
				t.Errorf("%d %s", a.status, a.body)
			}
			if len(items) > 0 {
				t.Error("something was taken")
			}
		})
	}
}

func TestBadCloudEventsInJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		media, body string
		status      int
		reason      string
		want        []string // pointers and details
	}{
		"all of it": {cloudJSON, `{"specversion":1.0,"source":"","Type":"a","id":null,"x_y":"1","list":[],"f":1.5,"time":"t","subject":"","dataschema":"/s","datacontenttype":"text"}`, 422, reasonCloudEvent, []string{
			"/specversion specversion is a string, not a number",
			"/source a source is a URI reference, such as /shops/7 or https://example.com/shop",
			`/Type the name of an attribute is made of a-z and 0-9 only, and "Type" is not; what is yours goes into data`,
			`/x_y the name of an attribute is made of a-z and 0-9 only, and "x_y" is not; what is yours goes into data`,
			"/list an extension is a string, a boolean or a whole number, not an array; what is more goes into data",
			"/f an extension is a string, a boolean or a whole number, not a fraction; what is more goes into data",
			`/time a time is written as RFC 3339 has it, such as "2026-05-04T10:00:00Z"`,
			"/subject a subject is not empty: leave it out",
			"/dataschema a dataschema is a URI, such as https://example.com/schema",
			"/datacontenttype a datacontenttype is a media type, such as application/json",
			" id is missing",
			" type is missing",
		}},
		"data twice":        {cloudJSON, `{` + core + `,"data":{},"data_base64":""}`, 422, reasonData, []string{"/data_base64 a CloudEvent has data or data_base64, not both"}},
		"no base64":         {cloudJSON, `{` + core + `,"data_base64":"a"}`, 422, reasonData, []string{"/data_base64 data_base64 is base64 as RFC 4648 has it, with padding"}},
		"base64 of no text": {cloudJSON, `{` + core + `,"data_base64":7}`, 422, reasonData, []string{"/data_base64 data_base64 is a string, not a number"}},
		"no JSON in it":     {cloudJSON, `{` + core + `,"data_base64":"e10="}`, 422, reasonJSON, []string{"/data_base64 decoded, this is no JSON: line 1, column 2: expected a member name in double quotes, found ']'"}},
		"an array":          {cloudJSON, `[]`, 422, reasonEvent, []string{` a CloudEvent is an object {"specversion", "id", "source", "type", …}, not an array`}},
		"a list too deep":   {cloudJSON, `{` + core + `,"data":[` + nested(63) + `]}`, 422, reasonDepth, []string{"/data nested more than 64 deep"}},
		"text that grows":   {cloudJSON, `{` + core + `,"datacontenttype":"text/plain","data_base64":"` + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, maxEventBytes/4)) + `"}`, 413, reasonTooLarge, []string{" an event may be at most 1 MiB"}},
		"a name that grows": {cloudJSON, `{` + core + `,"subject":"` + strings.Repeat("\u2028", maxEventBytes/4) + `"}`, 413, reasonTooLarge, []string{" an event may be at most 1 MiB"}},
		"no batch":          {cloudArray, `{` + core + `}`, 422, reasonBatch, []string{" a batch is an array of CloudEvents, not an object; one alone is application/cloudevents+json"}},
		"an empty batch":    {cloudArray, `[]`, 422, reasonBatch, []string{" an empty batch: send at least one event"}},
		"one of a batch":    {cloudArray, `[{` + core + `},{"specversion":"1.0","source":"/s","type":"t"}]`, 422, reasonID, []string{"/1 id is missing"}},
		"under our name":    {"application/json", `{` + core + `,"data":{}}`, 422, reasonMember, []string{"/specversion this is a CloudEvent: send it as application/cloudevents+json, or several as application/cloudevents-batch+json"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := new(memory)
			a := post(t, doorAt(t, Options{Accepter: m})+"/v1/events", []byte(tt.body), "Content-Type", tt.media)
			p := a.problem(t)
			var got []string
			for _, e := range p.Errors {
				got = append(got, e.Pointer+" "+e.Detail)
			}
			if a.status != tt.status || p.Type != "urn:postern:problem:"+tt.reason {
				t.Errorf("%d %s", a.status, a.body)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if len(m.taken()) > 0 {
				t.Error("something was taken")
			}
		})
	}
	url := doorAt(t, Options{Accepter: new(memory)})
	if a := post(t, url+"/v1/events/t", []byte(`{`+core+`}`), "Content-Type", cloudJSON); a.status != 422 {
		t.Errorf("with a type in the path: %d %s", a.status, a.body)
	}
	if a := post(t, url+"/v1/events", []byte(`{`+core+`}`), "Content-Type", cloudJSON+"; charset=latin1"); a.status != 415 {
		t.Errorf("in another charset: %d %s", a.status, a.body)
	}
}

func TestTraceOfARequest(t *testing.T) {
	const one, other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
	traced := `{` + core + `,"traceparent":"` + one + `","tracestate":"a=1"}`
	for name, tt := range map[string]struct {
		media, body string
		header      []string
		want        event.Trace
	}{
		"none":                     {"application/json", withData("{}"), nil, event.Trace{}},
		"of the request":           {"application/json", withData("{}"), []string{"Traceparent", one, "Tracestate", "a=1"}, event.Trace{Parent: one, State: "a=1"}},
		"not as it should be":      {"application/json", withData("{}"), []string{"Traceparent", "00-1-2-01"}, event.Trace{}},
		"of a batch":               {"application/json", "[" + withData("{}") + "]", []string{"Traceparent", one}, event.Trace{Parent: one}},
		"of a CloudEvent":          {cloudJSON, traced, nil, event.Trace{Parent: one, State: "a=1"}},
		"the request's goes first": {cloudJSON, traced, []string{"Traceparent", other}, event.Trace{Parent: other}},
		"if it is one":             {cloudJSON, traced, []string{"Traceparent", "?"}, event.Trace{Parent: one, State: "a=1"}},
	} {
		m := new(memory)
		a := post(t, doorAt(t, Options{Accepter: m})+"/v1/events", []byte(tt.body), append([]string{"Content-Type", tt.media}, tt.header...)...)
		if a.status != 202 {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
		if got := m.taken()[0].Event.Trace; got != tt.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// whole checks what every CloudEvent that was let in is like.
func whole(t *testing.T, items []Item) {
	t.Helper()
	for _, i := range items {
		e := i.Event
		var attributes map[string]json.RawMessage
		if err := json.Unmarshal(e.Cloud.Attributes, &attributes); err != nil {
			t.Fatalf("attributes %q: %v", e.Cloud.Attributes, err)
		}
		for name, value := range attributes {
			if event.WrongAttribute(name) != "" || value[0] == '{' || value[0] == '[' {
				t.Fatalf("attribute %q: %s", name, value)
			}
		}
		if e.ID != event.CloudID(e.Source, e.Cloud.ID) || e.Cloud.ID == "" || event.WrongType(e.Type) != "" ||
			e.Time != "" && event.WrongTime(e.Time) != "" || event.WrongSource(e.Source) != "" {
			t.Fatalf("%+v was let in", e)
		}
		if data, _, p := decode(append(append([]byte(`{"type":"a","data":`), e.Data...), '}'), ""); p != nil && p.Reason != reasonTooLarge {
			t.Fatalf("data %q: %s", e.Data, p.Detail)
		} else if p == nil && !bytes.Equal(data[0].Event.Data, e.Data) {
			t.Fatalf("data %q", e.Data)
		}
	}
}

func FuzzCloudEvent(f *testing.F) {
	f.Add([]byte(`{` + core + `,"n":5,"b":true,"traceparent":"x","data":[1]}`))
	f.Add([]byte(`{` + core + `,"datacontenttype":"text/plain","data_base64":"aGk="}`))
	f.Add([]byte(`[{` + core + `,"subject":"\u00e9","data":null},{` + core + `}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, form := range []form{cloudOne, cloudBatch} {
			got, p := (&posting{form: form}).decode(b)
			if p == nil {
				whole(t, got.items)
			} else if p.Status/100 != 4 || p.Reason == "" || p.Detail == "" {
				t.Fatalf("%q: %+v", b, p)
			}
		}
	})
}

func FuzzCloudHeaders(f *testing.F) {
	f.Add("subject", "Euro%20%E2%82%AC", "application/json", []byte(`{"a":1}`))
	f.Add("x", `"a \" b"`, "text/plain", []byte("hi"))
	f.Add("id", "%", "image/png", []byte{0xff})
	f.Fuzz(func(t *testing.T, name, value, media string, b []byte) {
		h := http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"/s"}, "Ce-Type": {"t"}, "Content-Type": {media}}
		h.Set("Ce-"+name, value)
		got, p := (&posting{form: cloudData, header: h}).decode(b)
		if p == nil {
			whole(t, got.items)
		} else if p.Status/100 != 4 || p.Reason == "" || p.Detail == "" {
			t.Fatalf("%s: %q, %q: %+v", name, value, b, p)
		}
	})
}
