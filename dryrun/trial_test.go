package dryrun

import (
	"strings"
	"testing"
)

func TestEventFitsItsSample(t *testing.T) {
	one := func(data string) string {
		return hooks + test1(`event = { type = "contact.subscribed", data = { `+data+` } }
  expect "form" {}
  expect "get" {}`)
	}
	for data, want := range map[string]string{
		``: ``, `contact = null`: ``, `contact = { id = 1.5, tags = [], phone = [1] }`: ``,
		`lines = [{ sku = "x", price = 2 }, null]`: ``,
		`contact = "x"`:              "event.data.contact: is text, and an object in the sample of contact.subscribed @ \"x\" } }\n",
		`contact = { id = "1" }`:     "event.data.contact.id: is text, and a number in the sample of contact.subscribed @ \"1\" } } }\n",
		`contact = { tags = [1] }`:   "event.data.contact.tags[0]: is a number, and text in the sample of contact.subscribed @ 1] } } }\n",
		`lines = [{ skw = 1 }]`:      "event.data.lines[0].skw: is not in the sample of contact.subscribed; did you mean \"sku\"? @ 1 }] } }\n",
		`"first name" = "x"`:         "event.data[\"first name\"]: is not in the sample of contact.subscribed @ \"x\" } }\n",
		`contact = { id = true }`:    "event.data.contact.id: is true or false, and a number in the sample of contact.subscribed @ true } } }\n",
		`lines = [{ price = "x" }] `: "event.data.lines[0].price: is text, and a number in the sample of contact.subscribed @ \"x\" }]  } }\n",
	} {
		wantTold(t, one(data), want)
	}
}

func TestEachTestHasItsOwnWorld(t *testing.T) {
	text := `
webhook "crm" {
  url    = "https://${env("HOST", "default.example")}/"
  events = ["*"]
  secret = ""
  headers = {
    A = credential("token")
    B = file("/run/secrets/dir/key")
    C = plain(env("REGION"))
  }
}
` + strings.Replace(test1(`event = { type = "x", data = {} }
  expect "crm" {
    url     = "https://default.example/"
    signed  = true
    headers = { A = "test-value-of-token", B = "test-value-of-key", C = "test-value-of-REGION" }
  }`), `"t"`, `"made up"`, 1) + test1(`event = { type = "x", data = {} }
  env = { HOST = "given.example", "credential:token" = "given-token", "secret:crm" = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }
  now = "2021-02-25T15:02:10Z"
  expect "crm" {
    url     = "https://given.example/"
    headers = { A = "given-token", B = "test-value-of-key", webhook-timestamp = 1614265330 }
  }`)
	t.Setenv("HOST", "machine.example")
	t.Setenv("REGION", "of the machine")
	wantTold(t, text, "")
}

func TestAURLThatIsNotGivenIsAskedFor(t *testing.T) {
	text := `webhook "crm" {
  url    = env("CRM_URL")
  events = ["*"]
  secret = env("CRM_SECRET")
}
` + test1(`event = { type = "x", data = {} }
  expect "crm" {}`)
	wantTold(t, text, `
This URL is wrong: it has no scheme @ env("CRM_URL")
  Begin it with https://.
  This test does not say what CRM_URL is: write env = { CRM_URL = "…" } in it.
`)
}

func TestAVariableThatNothingAsksForIsAMistake(t *testing.T) {
	wantTold(t, hooks+test1(subscribedEvent+all3+`env = { TOKE = "t", CRM_SECRET = "0123456789abcdef" }`), `
env: nothing in the configuration asks for TOKE; did you mean "TOKEN"? @ "t" {
`)
}

func TestHeldDeliveries(t *testing.T) {
	text := strings.Replace(hooks, `webhook "get" {`, "webhook \"get\" {\n  active = false", 1)
	wantTold(t, text+test1(subscribedEvent+`expect "crm" {}
  expect "form" {}
  expect "get" {
    query    = { k = "v", email = "u@example.com" }
    attempts = 0
  }
  assert { condition = expr("requests.get.state == 'held'") }`), "")
	wantTold(t, text+test1(subscribedEvent+`expect "crm" {}
  expect "form" {}
  expect "get" { attempts = 1 }`), `
get: attempts: wanted 1, got 0: the webhook is inactive, and its delivery is held @ 1 }
`)
}

func TestDeliveriesGrowTooOld(t *testing.T) {
	text := "queue \"embedded\" { max_age = \"10m\" }\n" + hooks
	wantTold(t, text+test1(subscribedEvent+`expect "crm" {
    respond  = [500]
    attempts = 4
  }
  expect "form" {}
  expect "get" {}
  assert { condition = expr("requests.crm.state == 'failed'") }`), "")
}

func TestLiteralSecretsAreMasked(t *testing.T) {
	text := `webhook "crm" {
  url     = "https://h.example/"
  events  = ["*"]
  payload = { api_token = "literal-payload", note = "plain text" }
  auth "basic" {
    username = "u"
    password = "literal-password"
  }
}
webhook "bearer" {
  url    = "https://h.example/"
  events = ["*"]
  auth "bearer" { token = "literal-token" }
}
` + test1(`event = { type = "x", data = {} }
  expect "crm" {
    headers = { Authorization = "Basic x" }
    json    = { api_token = "x", note = "x" }
    body    = "x"
  }
  expect "bearer" { headers = { Authorization = "Bearer x" } }
  assert { condition = expr("requests.bearer.headers.authorization == 'x' && requests.crm.json == nil") }`)
	r := mustRun(t, text, TestOptions{})
	got := told(text, r)
	for _, canary := range []string{"literal-", "dTpsaXRlcmFsLXBhc3N3b3Jk"} {
		if strings.Contains(strings.ReplaceAll(got, text, ""), canary) {
			t.Errorf("%s is told:\n%s", canary, got)
		}
	}
	if strings.Count(got, "(sensitive)") < 6 || !strings.Contains(got, "plain text") {
		t.Errorf("got\n%s", got)
	}
	out, mended := r.Update(filesOf(text))
	if len(mended) != 1 || mended[0].What != "json.note" {
		t.Errorf("mended %+v", mended)
	}
	if after := string(out.Files[0].Content); strings.Count(after, "literal-") != strings.Count(text, "literal-") {
		t.Errorf("a secret was copied:\n%s", after)
	}
}
