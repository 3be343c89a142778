package dryrun

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/config"
)

// hooks are what most tests are about.
const hooks = `
event "contact.subscribed" {
  sample = {
    contact = { id = 1, email = "a@b.c", country = "DE", tags = ["x"], phone = null }
    lines   = [{ sku = "a" }, { price = 1.5 }]
  }
}
webhook "crm" {
  url     = "https://crm.example/u/${expr("contact.id")}?a=1"
  events  = ["contact.*"]
  filter  = expr("contact.country in ['DE', 'AT']")
  secret  = [env("CRM_SECRET"), env("OLD_SECRET")]
  headers = { "X-Country" = expr("contact.country"), "X-Phone" = expr("contact.phone") }
  query   = { source = "campaign" }
  auth "bearer" { token = env("TOKEN") }
  payload = {
    email = expr("contact.email")
    id    = expr("contact.id")
    tags  = expr("contact.tags")
    more  = { country = expr("contact.country") }
  }
  retry { permanent = [400] }
}
webhook "form" {
  url          = "https://form.example/"
  events       = ["contact.subscribed"]
  content_type = "form"
  payload      = { email = expr("contact.email"), tags = expr("contact.tags") }
  form { lists = "repeat" }
  retry { schedule = [] }
}
webhook "get" {
  url     = "https://get.example/?k=v"
  events  = ["contact.subscribed"]
  method  = "GET"
  secret  = env("CRM_SECRET")
  payload = { email = expr("contact.email") }
}
`

const subscribedEvent = `event = {
    type = "contact.subscribed"
    data = { contact = { id = 7, email = "u@example.com", country = "DE", tags = ["a", "b"] } }
  }
`

func filesOf(text string) config.Files {
	return config.Files{Dir: ".", Files: []config.File{{Name: "postern.hcl", Content: []byte(text)}}}
}

func mustRun(t *testing.T, text string, o TestOptions) *Report {
	t.Helper()
	r, ds := Run(filesOf(text), o)
	if r == nil {
		var b strings.Builder
		_ = ds.Write(&b, false)
		t.Fatal(b.String())
	}
	return r
}

// told is every failure with the text that it points at and the lines below it.
func told(text string, r *Report) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	for _, result := range r.Results {
		for _, f := range result.Failures {
			at := strings.TrimSpace(string([]rune(lines[f.Place.Line-1])[f.Place.Column-1:]))
			b.WriteString(f.Line() + " @ " + at + "\n")
			for _, line := range f.Below() {
				b.WriteString("  " + line + "\n")
			}
		}
	}
	return b.String()
}

// wantTold runs one test, which is to fail in these words.
func wantTold(t *testing.T, text, want string) {
	t.Helper()
	got := told(text, mustRun(t, text, TestOptions{}))
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Error(diff)
	}
}

func test1(body string) string { return "\ntest \"t\" {\n  " + body + "\n}\n" }

// right holds, attribute by attribute.
const right = `
  expect "crm" {
    method        = "POST"
    url           = "https://crm.example/u/7?a=1&source=campaign"
    headers       = { x-country = "DE", X-Phone = null, authorization = "Bearer test-value-of-TOKEN", host = "crm.example", Content-Length = 73 }
    query         = { source = "campaign", a = 1 }
    json          = { id = 7.0, email = "u@example.com", more = { country = "DE" }, tags = ["a", "b"] }
    json_contains = { more = { country = "DE" }, tags = ["a", "b"] }
    body          = "{\"email\":\"u@example.com\",\"id\":7,\"tags\":[\"a\",\"b\"],\"more\":{\"country\":\"DE\"}}"
    signed        = true
    respond       = [500, 503, 200]
    attempts      = 3
  }
  expect "form" {
    headers  = { Content-Type = "application/x-www-form-urlencoded" }
    form     = { email = "u@example.com", tags = ["a", "b"] }
    body     = "email=u%40example.com&tags=a&tags=b"
    signed   = false
    respond  = [500]
    attempts = 1
  }
  expect "get" {
    method = "GET"
    url    = "https://get.example/?k=v&email=u%40example.com"
    query  = { k = "v", email = "u@example.com" }
    body   = ""
    signed = true
  }
  assert { condition = expr("requests.crm.json.id == input.contact.id && requests.form.state == 'failed' && len(matched) == 3") }
  assert { condition = expr("requests.get.query.k == 'v' && requests.crm.headers.authorization endsWith 'TOKEN' && event.id == 'evt_test'") }
`

func TestWhatHoldsPasses(t *testing.T) {
	wantTold(t, hooks+test1(subscribedEvent+right), "")
}

// Each attribute in turn is wrong, and nothing else.
func TestEachAttributeCanFail(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{`method        = "POST"`, `method        = "PUT"`, `
crm: method: wanted "PUT", got "POST" @ "PUT"
`},
		{`u/7?a=1&source`, `u/8?a=1&source`, `
crm: url: differs @ "https://crm.example/u/8?a=1&source=campaign"
  wanted "https://crm.example/u/8?a=1&source=campaign"
  got    "https://crm.example/u/7?a=1&source=campaign"
`},
		{`x-country = "DE"`, `x-country = "AT"`, `
crm: headers["x-country"]: wanted "AT", got "DE" @ "AT", X-Phone = null, authorization = "Bearer test-value-of-TOKEN", host = "crm.example", Content-Length = 73 }
`},
		{`X-Phone = null`, `X-Country = null`, `
crm: headers["X-Country"]: is sent @ null, authorization = "Bearer test-value-of-TOKEN", host = "crm.example", Content-Length = 73 }
  got    "DE"
`},
		{`X-Phone = null`, `X-Phone = ""`, `
crm: headers["X-Phone"]: is not sent @ "", authorization = "Bearer test-value-of-TOKEN", host = "crm.example", Content-Length = 73 }
  wanted ""
`},
		{`query         = { source = "campaign", a = 1 }`, `query = { source = "campaign" }`, `
crm: query.a: is not wanted @ { source = "campaign" }
  got    "1"
`},
		{`query         = { source = "campaign", a = 1 }`, `query = { source = "campaign", a = 2, b = "" }`, `
crm: query.a: wanted 2, got "1" @ 2, b = "" }
crm: query.b: is missing @ "" }
  wanted ""
`},
		{`json          = { id = 7.0, email`, `json = { id = "7", emial`, `
crm: json.id: wanted "7", got 7 @ "7", emial = "u@example.com", more = { country = "DE" }, tags = ["a", "b"] }
crm: json.emial: is missing; did you mean "email"? @ "u@example.com", more = { country = "DE" }, tags = ["a", "b"] }
  wanted "u@example.com"
crm: json.email: is not wanted @ { id = "7", emial = "u@example.com", more = { country = "DE" }, tags = ["a", "b"] }
  got    "u@example.com"
`},
		{`json          = { id = 7.0, email = "u@example.com", more = { country = "DE" }, tags = ["a", "b"] }`, `json = null`, `
crm: json: wanted null, got {"email":"u@example.com","id":7,"tags":["a","b"],"more":{"country":"DE"}} @ null
`},
		{`more = { country = "DE" }, tags = ["a", "b"] }
    body`, `more = {}, tags = ["b", "a"] }
    body`, `
crm: json_contains.more.country: is not wanted @ {}, tags = ["b", "a"] }
  got    "DE"
crm: json_contains.tags[0]: wanted "b", got "a" @ "b", "a"] }
crm: json_contains.tags[1]: wanted "a", got "b" @ "a"] }
`},
		{`tags = ["a", "b"] }
    body`, `tags = ["a"] }
    body`, `
crm: json_contains.tags: wanted 1 item, got 2 @ ["a"] }
  wanted ["a"]
  got    ["a","b"]
`},
		{`\"id\":7`, `\"id\": 7`, `
crm: body: differs @ "{\"email\":\"u@example.com\",\"id\": 7,\"tags\":[\"a\",\"b\"],\"more\":{\"country\":\"DE\"}}"
  wanted "{\"email\":\"u@example.com\",\"id\": 7,\"tags\":[\"a\",\"b\"],\"more\":{\"country\":\"DE\"}}"
  got    "{\"email\":\"u@example.com\",\"id\":7,\"tags\":[\"a\",\"b\"],\"more\":{\"country\":\"DE\"}}"
`},
		{`signed        = true`, `signed = false`, `
crm: signed: wanted false, got true @ false
`},
		{`signed   = false`, `signed = true`, `
form: signed: wanted true, got false @ true
`},
		{`attempts      = 3`, `attempts = 4`, `
crm: attempts: wanted 4, got 3: 500, 503, 200, delivered @ 4
`},
		{`respond       = [500, 503, 200]`, `respond = [500, 503, 400]`, ``}, // permanent: as many
		{`respond       = [500, 503, 200]`, `respond = [400, 503, 200]`, `
crm: respond: has 3 answers, and there is only 1 attempt: 400, failed @ "crm" {
crm: attempts: wanted 3, got 1: 400, failed @ 3
`},
		{`respond       = [500, 503, 200]`, `respond = [500]`, `
crm: attempts: wanted 3, got 10: 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, failed @ 3
`},
		{`    respond       = [500, 503, 200]`, ``, `
crm: attempts: wanted 3, got 1: 200, delivered @ 3
`},
		{`form     = { email = "u@example.com", tags = ["a", "b"] }`, `form = { email = "u@example.com", tags = "a" }`, `
form: form.tags: wanted "a", got ["a","b"] @ "a" }
`},
		{`form     = {`, `json = {`, `
form: json: the body is not JSON, it is application/x-www-form-urlencoded @ { email = "u@example.com", tags = ["a", "b"] }
  got    "email=u%40example.com&tags=a&tags=b"
`},
		{`method        = "POST"`, `form = {}`, `
crm: form: the body is not a form, it is application/json @ {}
  got    "{\"email\":\"u@example.com\",\"id\":7,\"tags\":[\"a\",\"b\"],\"more\":{\"country\":\"DE\"}}"
`},
		{`body   = ""`, `json = {}`, `
get: json: a GET has no body, its payload is in the query @ {}
  got    ""
`},
		{`k = "v", email`, `email`, `
get: query.k: is not wanted @ { email = "u@example.com" }
  got    "v"
`},
		{`input.contact.id`, `input.contact.id + 1`, `
assert: requests.crm.json.id == input.contact.id + 1 && requests.form.state == 'failed' && len(matched) == 3 does not hold @ expr("requests.crm.json.id == input.contact.id + 1 && requests.form.state == 'failed' && len(matched) == 3") }
  requests.crm.json.id = 7
  input.contact.id = 7
  requests.form.state = "failed"
  matched = ["crm","form","get"]
`},
	} {
		t.Run(tt.new, func(t *testing.T) {
			body := strings.Replace(subscribedEvent+right, tt.old, tt.new, 1)
			if body == subscribedEvent+right {
				t.Fatalf("there is no %s", tt.old)
			}
			wantTold(t, hooks+test1(body), tt.want)
		})
	}
}

func TestRunOnly(t *testing.T) {
	text := hooks + test1(subscribedEvent) + strings.Replace(test1(subscribedEvent), `"t"`, `"other"`, 1)
	r := mustRun(t, text, TestOptions{Only: regexp.MustCompile("^oth")})
	if len(r.Results) != 1 || r.Results[0].Name != "other" || r.LeftOut != 1 || r.Coverage != nil {
		t.Errorf("got %+v", r)
	}
}
