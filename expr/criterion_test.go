package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustCriterion(t testing.TB, src string) *Criterion {
	t.Helper()
	c, err := CompileCriterion(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return c
}

func TestCriterion(t *testing.T) {
	slack := Answer{Status: 200, Headers: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(`{"ok": false, "error": "no_text"}`)}
	text := Answer{Status: 200, Body: []byte("ok")}
	sheet := Answer{Status: 302, Headers: map[string][]string{"Location": {"https://script.googleusercontent.com/x"}, "x-b": {"2"}, "X-B": {"1", "1b"}}}
	for _, tt := range []struct {
		src    string
		answer Answer
		want   bool
		fails  string // how its error begins
	}{
		{src: "status < 300 && body?.ok != false", answer: slack},
		{src: "status < 300 && body?.ok != false", answer: text, want: true},
		{src: "status < 300 && body?.ok == true", answer: text},
		{src: "status in [200, 302]", answer: sheet, want: true},
		{src: "status in [200, 302]", answer: slack, want: true},
		{src: "status == 200 or headers.location startsWith 'https://script.googleusercontent.com/'", answer: sheet, want: true},
		{src: `headers["content-type"] contains "json"`, answer: slack, want: true},
		{src: `headers["content-type"] contains "json"`, answer: text},
		{src: `headers["x-b"] == "1, 1b, 2"`, answer: sheet, want: true},
		{src: "headers.Location == nil", answer: sheet, fails: "none"},
		{src: "body == nil", answer: text, want: true},
		{src: "body.ok", answer: slack},
		{src: "body.ok", answer: text, fails: "body.ok yields null, not true or false"},
		{src: "not body.ok", answer: slack, want: true},
		{src: "not body.ok", answer: text, fails: "null where true or false is wanted"},
		{src: "all(body.results, .status == 'created')", answer: Answer{Body: []byte(`{"results": [{"status": "created"}, {"status": "error"}]}`)}},
		{src: "body[0].code == 0", answer: Answer{Body: []byte("\uFEFF[{\"code\": 0}]")}, want: true},
		{src: "body == 7", answer: Answer{Body: []byte(" 7\r\n")}, want: true},
		{src: "body.data == 1 and body.event == 2", answer: Answer{Body: []byte(`{"data": 1, "event": 2}`)}, want: true},
		{src: "let b = body; b?.ok ?? (status == 204)", answer: Answer{Status: 204}, want: true},
		// The last of two members of a name counts, however it is asked for.
		{src: "body.ok", answer: Answer{Body: []byte(`{"ok": false, "ok": true}`)}, want: true},
		{src: "body.ok == true", answer: Answer{Body: []byte(`{"ok": false, "ok": true}`)}, want: true},
		{src: "body == nil", answer: Answer{Body: []byte(`{"a": 1} {"a": 1}`)}, want: true},
		{src: "body == nil", answer: Answer{Body: []byte("{\"a\": \"\xff\"}")}, want: true},
		{src: "body == nil", answer: Answer{Body: []byte(`},"status":200,"x":{`)}, want: true},
		{src: "body == nil", answer: Answer{Body: []byte(`{"ok": tru`)}, want: true},
		{src: "status == 200", answer: Answer{Status: 500, Headers: map[string][]string{"X\",\"status": {`"},"status":200,"x":{"`}}}},
		{src: "body != nil", answer: Answer{Body: []byte(strings.Repeat("[", 2000) + strings.Repeat("]", 2000))}, fails: "the data is nested too deeply"},
		{src: "count(body, count(body, true) > 0) >= 0", answer: Answer{Body: []byte("[" + strings.Repeat("0,", 30_000) + "0]")}, fails: "it takes "},
	} {
		c, err := CompileCriterion(tt.src)
		if tt.fails == "none" {
			if err == nil {
				t.Errorf("%s compiles", tt.src)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		got, err := c.Met(tt.answer)
		if got != tt.want || (err != nil) != (tt.fails != "") || err != nil && !strings.HasPrefix(err.Error(), tt.fails) {
			t.Errorf("%s: got %v, %v", tt.src, got, err)
		}
	}
}

func TestCriterionSeesNothingElse(t *testing.T) {
	const sees = "this expression sees status, headers and body of the answer, and nothing of the event"
	for src, want := range map[string][3]string{ // token, message, hint
		"status < 300 && contact.email != nil":       {"contact", `an answer has no "contact"`, sees},
		"event.type == 'x'":                          {"event", `an answer has no "event"`, sees},
		"data.ok":                                    {"data", `an answer has no "data"`, sees},
		"$env.status == 1":                           {"$env", `an answer has no "$env"`, sees},
		"map([1], ok) == []":                         {"ok", `an answer has no "ok"`, sees},
		"stauts == 200":                              {"stauts", `an answer has no "stauts"`, `did you mean "status"?`},
		"header.etag == nil":                         {"header", `an answer has no "header"`, `did you mean "headers"?`},
		"headers.content-type contains 'json'":       {"type", `an answer has no "type"`, `the name of a header with a - in it stands in brackets: headers["content-type"]`},
		`headers["Content-Type"] contains 'json'`:    {`"Content-Type"`, "names of headers are in lower case here", `write headers["content-type"]`},
		"headers?.ETag == nil":                       {"ETag", "names of headers are in lower case here", `write headers["etag"]`},
		"now() > date('2026-01-01')":                 {"now", "an answer has no time: now() is that of an event", ""},
		"status":                                     {"status", "the expression yields a number, not true or false", adviceBool},
		"headers.etag":                               {"headers.etag", "the expression yields null or text, not true or false", adviceBool},
		"status == '200'":                            {"==", "a number and text are never equal", "write the number without quotes, or compare string(…)"},
		"status.code == 200":                         {"code", "status is a number, which has no members", ""},
		"status > ":                                  {"", "the expression ends too early", "write the value that is missing"},
		"isOK(status)":                               {"isOK", `there is no function "isOK"`, `did you mean "json"?`},
		"let status = body.status; status == 'fine'": {"", "", ""},
	} {
		_, err := CompileCriterion(src)
		var e *Error
		if err == nil {
			e = &Error{}
		} else if !errors.As(err, &e) {
			t.Fatalf("%s: %v", src, err)
		}
		if diff := cmp.Diff(want, [3]string{src[e.Offset : e.Offset+e.Length], e.Message, e.Hint}); diff != "" {
			t.Errorf("%s: %s", src, diff)
		}
	}
}

func TestCriterionSaysWhetherItReadsTheBody(t *testing.T) {
	for src, want := range map[string]bool{
		"status < 300": false, "headers.etag != nil": false, `headers["body"] == "body"`: false,
		"body.ok": true, "status < 300 && body?.ok != false": true, "let b = body; b != nil": true, "any([1], get(body, 'ok') == #)": true,
		"'body' in body": true, "len(body) > 0": true,
	} {
		if got := mustCriterion(t, src).ReadsBody(); got != want {
			t.Errorf("%s: got %v", src, got)
		}
	}
	if (*Criterion)(nil).ReadsBody() {
		t.Error("there is none, and it reads the body")
	}
}

// What a receiver sends never shows in an error, and never breaks out of its
// place: status stays what it is.
func FuzzCriterion(f *testing.F) {
	for _, s := range []string{"", "{}", `{"ok":true}`, "null", "[1,", "\xff", "\uFEFF1", `},"status":1,"a":{`, "1e999", `"\ud800"`} {
		f.Add([]byte(s), s)
	}
	status := mustCriterion(f, "status == 299")
	reads := mustCriterion(f, "int(headers.x ?? '') == body[0] or len(body) > 3")
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		a := Answer{Status: 299, Headers: map[string][]string{header: {header}, "X": {"canary" + header}}, Body: body}
		if ok, err := status.Met(a); !ok && !strings.HasPrefix(err.Error(), "the data is nested too deeply") {
			t.Errorf("status is another: %v", err)
		}
		if _, err := reads.Met(a); err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("told: %v", err)
		}
	})
}
