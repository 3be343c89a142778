package dryrun

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpdateWritesWhatTestsGot(t *testing.T) {
	before := hooks + `
locals { shared = { k = "w", email = "u@example.com" } }
test "a" {
  event = {
    type = "contact.subscribed"
    data = { contact = { id = 7, email = "u@example.com", country = "DE", tags = ["a", "b"] } }
  }
  expect "crm" { # the CRM
    url     = "https://crm.example/" # wrong
    method  = "POST"
    headers = {
      X-Country = "AT" # country
      X-Phone   = "1"
      X-Phone2  = null
    }
    json = {
      # the order stays
      id   = 7.00
      mail = "u@example.com" # goes
      email = "x"
      more = { country = "DE", x = 1 }
    }
    json_contains = { tags = ["a", "c"], nope = 1 }
    signed   = false
    respond  = [500, 200]
    attempts = 1
  }
  expect "get" { query = local.shared }
}
test "b" { event = { type = "contact.subscribed", data = {} } }
`
	want := hooks + `
locals { shared = { k = "w", email = "u@example.com" } }
test "a" {
  event = {
    type = "contact.subscribed"
    data = { contact = { id = 7, email = "u@example.com", country = "DE", tags = ["a", "b"] } }
  }
  expect "crm" { # the CRM
    url     = "https://crm.example/u/7?a=1&source=campaign" # wrong
    method  = "POST"
    headers = {
      X-Country = "DE" # country
      X-Phone   = null
      X-Phone2  = null
    }
    json = {
      # the order stays
      id   = 7.00
      email = "u@example.com"
      more = { country = "DE" }
      tags = ["a", "b"]
    }
    json_contains = { tags = ["a", "b"] }
    signed   = true
    respond  = [500, 200]
    attempts = 2
  }
  expect "get" { query = local.shared }
  expect "form" {}
}
test "b" {
  event = { type = "contact.subscribed", data = {} }
  expect "form" {}
  expect "get" {}
}
`
	r := mustRun(t, before, TestOptions{})
	out, mended := r.Update(filesOf(before))
	got := string(out.Files[0].Content)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(mended) != 14 {
		t.Errorf("%d are mended: %+v", len(mended), mended)
	}
	wantTold(t, got, `
get: query.k: wanted "w", got "v" @ "w", email = "u@example.com" } }
`)
	again, mended := mustRun(t, got, TestOptions{}).Update(out)
	if string(again.Files[0].Content) != got || len(mended) > 0 {
		t.Errorf("a second time it changes %+v", mended)
	}
}

func TestJUnit(t *testing.T) {
	text := hooks + test1(subscribedEvent+all3) + strings.Replace(test1(subscribedEvent+`expect "crm" { method = "<\u0007>" }
  expect "form" {}
  expect "get" {}`), `"t"`, `"a & \"b\""`, 1)
	out := mustRun(t, text, TestOptions{}).JUnit()
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1">
  <testsuite name="postern.hcl" tests="2" failures="1">
    <testcase name="t" classname="postern.hcl" file="postern.hcl" line="40"></testcase>
    <testcase name="a &amp; &#34;b&#34;" classname="postern.hcl" file="postern.hcl" line="51">
      <failure message="crm: method: wanted &#34;&lt;\u0007&gt;&#34;, got &#34;POST&#34;">postern.hcl:56:25: crm: method: wanted &#34;&lt;\u0007&gt;&#34;, got &#34;POST&#34;&#xA;</failure>
    </testcase>
  </testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
	if err := xml.Unmarshal(out, new(junitSuites)); err != nil {
		t.Error(err)
	}
}

// Whatever is wanted and whatever comes: once it is written, it holds.
func TestUpdateAlwaysHolds(t *testing.T) {
	values := []string{
		`{}`, `{ a = 1 }`, `{ a = 2, b = null }`, `{ b = { a = 1, c = [] } }`, `{ b = { c = [1, "x", { d = true }] } }`,
		`{ b = { c = [1, "y", { d = false, e = "long enough to be written on a line of its own, and longer" }] } }`,
		`{ "a b" = "$${x} %%{y} \"z\" \\ \n\t\u0001", for = -1.50 }`, `{ a = [[1], [2, 3]], c = "é" }`, `{ a = { b = {} }, c = "" }`,
	}
	spread := func(v string) string {
		return strings.NewReplacer("{ ", "{\n      ", ", ", ",\n      ", " }", "\n    }").Replace(v)
	}
	for _, wanted := range append(values, spread(values[2]), spread(values[3]), spread(values[7]), spread(values[8]), `"text"`, `[1]`, `null`) {
		for _, attribute := range []string{"json", "json_contains"} {
			for _, got := range values {
				text := "webhook \"w\" {\n  url = \"https://h.example/\"\n  events = [\"*\"]\n  payload = " + got + "\n}\n" +
					test1("event = { type = \"x\", data = {} }\n  expect \"w\" {\n    "+attribute+" = "+wanted+"\n  }")
				out, _ := mustRun(t, text, TestOptions{}).Update(filesOf(text))
				after := string(out.Files[0].Content)
				if r := mustRun(t, after, TestOptions{}); r.Failed() > 0 {
					t.Errorf("wanted %s, got %s: it became\n%s\n%s", wanted, got, after, told(after, r))
				}
			}
		}
	}
}
