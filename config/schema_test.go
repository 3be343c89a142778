package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A tablePlace is where an attribute of the tables stands.
type tablePlace struct {
	path string // webhook.retry.schedule
	attr attribute
	wrap func(text string) string // a configuration with this text in the body; the rest of it is well
}

// bodies that are well but for what is put in them.
var rest = map[string]string{
	"webhook": "url = \"https://h\"\nevents = [\"*\"]\n", "mapping": "fields = { a = 1 }\n", "listen unix": "path = \"p\"\n",
	"auth basic": "username = \"u\"\npassword = env(\"CRM_PASSWORD\")\n", "auth bearer": "token = env(\"CRM_PASSWORD\")\n",
	"test": "event = { type = \"a\", data = {} }\n", "expect": "", "assert": "condition = expr(\"true\")\n",
	"signature hmac": "header = \"X-Signature\"\n",
	"auth oauth2":    "token_url = \"https://h\"\nclient_id = \"c\"\nclient_secret = env(\"CRM_PASSWORD\")\n",
	"auth header":    "name = \"X-A\"\nvalue = env(\"CRM_PASSWORD\")\n",
}

// beside is what a block can't do without in the one around it.
var beside = map[string]string{"signature": "secret = env(\"CRM_PASSWORD\")\n"}

// places lists every attribute of the tables.
func places() (all []tablePlace) {
	var visit func(path, key string, shape bodyShape, wrap func(string) string)
	visit = func(path, key string, shape bodyShape, wrap func(string) string) {
		for _, a := range shape.attributes {
			all = append(all, tablePlace{path + "." + a.name, a, func(text string) string {
				var others strings.Builder
				for line := range strings.Lines(rest[key]) {
					if name, _, _ := strings.Cut(line, " "); name != a.name {
						others.WriteString(line)
					}
				}
				return wrap(others.String() + text)
			}})
		}
		for _, b := range shape.inner {
			inner := func(label string) func(string) string {
				return func(text string) string {
					return wrap(rest[key] + beside[b.name] + b.name + label + " {\n" + text + "\n}\n")
				}
			}
			for _, v := range b.variants {
				visit(path+"."+b.name+"."+v.label, b.name+" "+v.label, v.body, inner(" \""+v.label+"\""))
			}
			if b.variants == nil {
				label := ""
				if b.label != "" {
					label = " \"x\""
				}
				visit(path+"."+b.name, b.name, b.body, inner(label))
			}
		}
	}
	visit("", "", fileBody, func(text string) string {
		if strings.HasPrefix(text, "defaults") || strings.HasPrefix(text, "test") { // they are about a webhook
			return text + "webhook \"x\" {\n" + rest["webhook"] + "}\n"
		}
		return text
	})
	return all
}

// is loads a configuration and tells what is in it, but for places.
func is(t *testing.T, text string) (string, Diagnostics) {
	t.Helper()
	g, ds := load(fileOf(text), testInputs())
	if ds.HasErrors() {
		return "", ds
	}
	said := fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v\n%v\n%s\n", g.Agent, g.Listen, g.Console, g.Queue, g.Events, g.Plan.MaxAge, fmt.Sprintf("%+v", g.Plan.Egress))
	for name, w := range g.Plan.Webhooks {
		said += name + " " + g.match.digests[name] + " " + w.Description + "\n"
	}
	for _, one := range g.Tests {
		said += fmt.Sprintln(one.Name, one.Now, one.Env)
	}
	return said, ds
}

// good and bad values of an attribute, as written.
func samplesOf(p tablePlace) (good, bad []string) {
	if known, special := texts[p.path]; special {
		return known.good, known.bad
	}
	switch k := p.attr.takes.(type) {
	case takesBool:
		return []string{"true", "false"}, []string{`"yes"`, "2"}
	case takesInt:
		return []string{fmt.Sprint(k.least), fmt.Sprint(k.most)}, []string{fmt.Sprint(k.least - 1), fmt.Sprint(k.most + 1), `"x"`}
	case takesDuration:
		return []string{quoted(k.least.String()), quoted(k.most.String())}, []string{quoted((k.least - 1).String()), quoted((k.most + 1).String()), `"soon"`}
	case takesSize:
		return []string{quoted(fmt.Sprint(k.least)), quoted(fmt.Sprint(k.most))}, []string{quoted(fmt.Sprint(k.least - 1)), quoted(fmt.Sprint(k.most + 1)), `"big"`}
	case takesChoice:
		for _, c := range append(k.choices, k.others...) {
			good = append(good, quoted(c))
		}
		return good, []string{`"none of these"`}
	case takesExpr:
		return []string{`expr("a.b == 1")`}, []string{`"a.b == 1"`, `expr("a.")`}
	case takesObject:
		return objectSamples(k)
	case takesList:
		return listSamples(p, k)
	}
	return []string{`"some text"`}, nil
}

func objectSamples(k takesObject) (good, bad []string) {
	if k.members == nil {
		return []string{"{ A = \"x\" }"}, []string{`"x"`, "[1]"}
	}
	for _, m := range k.members {
		inner, wrong := samplesOf(tablePlace{attr: m})
		for _, v := range inner {
			good = append(good, "{ "+m.name+" = "+v+" }")
		}
		for _, v := range wrong {
			bad = append(bad, "{ "+m.name+" = "+v+" }")
		}
	}
	return good, append(bad, "{ other = 1 }")
}

func listSamples(p tablePlace, k takesList) (good, bad []string) {
	inner, wrong := samplesOf(tablePlace{path: p.path + "[]", attr: attribute{takes: k.of}})
	for _, v := range inner {
		good = append(good, "["+v+"]")
		if k.one {
			good = append(good, v)
		} else {
			bad = append(bad, v)
		}
	}
	for _, v := range wrong {
		bad = append(bad, "["+v+"]")
	}
	if k.least > 0 {
		bad = append(bad, "[]")
	}
	if k.most > 0 {
		good = append(good, "["+strings.Repeat(inner[0]+",", k.most)+"]")
		bad = append(bad, "["+strings.Repeat(inner[0]+",", k.most+1)+"]")
	}
	return good, bad
}

// texts are good and bad values where not any text will do.
var texts = map[string]struct{ good, bad []string }{
	".webhook.signature.hmac.header":            {[]string{`"X-A"`}, []string{`"a b"`, `"webhook-signature"`, `""`}},
	".webhook.signature.hmac.timestamp_header":  {[]string{`"X-A"`}, []string{`"a b"`, `"Host"`, `"x-signature"`}},
	".webhook.signature.hmac.prefix":            {[]string{`"v1={timestamp},"`}, []string{`"{body}"`, `"a\n"`}},
	".webhook.signature.hmac.content":           {[]string{`"{id}.{method}.{url}.{timestamp}.{body}"`}, []string{`"{bodi}{body}"`, `"{timestamp}"`, `"{body"`}},
	".defaults.signature.hmac.header":           {[]string{`"X-A"`}, []string{`"a b"`, `"webhook-signature"`, `""`}},
	".defaults.signature.hmac.timestamp_header": {[]string{`"X-A"`}, []string{`"a b"`, `"Host"`, `"x-signature"`}},
	".defaults.signature.hmac.prefix":           {[]string{`"v1={timestamp},"`}, []string{`"{body}"`, `"a\n"`}},
	".defaults.signature.hmac.content":          {[]string{`"{id}.{method}.{url}.{timestamp}.{body}"`}, []string{`"{bodi}{body}"`, `"{timestamp}"`, `"{body"`}},
	".webhook.url":                              {[]string{`"https://h/x"`}, []string{`"h"`, `"http://h"`}},
	".webhook.events[]":                         {[]string{`"a"`, `"a.*"`, `"*"`}, []string{`"*.a"`, `""`}},
	".webhook.secret[]":                         {[]string{`env("CRM_WEBHOOK_SECRET")`}, []string{`"short"`}},
	".webhook.rate_limit":                       {[]string{`"50/s"`, `"1/h"`}, []string{`"50"`, `"0/s"`, `"10001/s"`, `"1/d"`}},
	".webhook.form.field":                       {[]string{`"payload"`}, []string{`""`}},
	".webhook.auth.basic.username":              {[]string{`"u"`}, []string{`"u:v"`}},
	".webhook.auth.oauth2.token_url":            {[]string{`"https://h/x"`}, []string{`"h"`, `"http://h"`}},
	".webhook.auth.oauth2.scopes[]":             {[]string{`"a:b"`}, []string{`"a b"`, `""`}},
	".webhook.tls.cert":                         {nil, []string{`"missing.pem"`, `""`}},
	".webhook.tls.key":                          {nil, []string{`"missing.pem"`, `""`}},
	".webhook.tls.ca_file":                      {nil, []string{`"missing.pem"`, `""`}},
	".webhook.tls.server_name":                  {[]string{`"h"`, `"::1"`}, []string{`"https://h"`, `""`}},
	".webhook.auth.header.name":                 {[]string{`"X-Key"`}, []string{`"a b"`, `"Host"`}},
	".listen.http.address":                      {[]string{`"127.0.0.1:0"`}, []string{`"here"`}},
	".listen.http.token":                        {[]string{`env("PD_KEY")`}, []string{`"a b"`, `""`}},
	".listen.http.hosts[]":                      {[]string{`"postern"`}, []string{`"a:1"`}},
	".listen.unix.path":                         {[]string{`"p.sock"`}, []string{`""`, quoted(strings.Repeat("x", 108))}},
	".listen.unix.mode":                         {[]string{`"0600"`, `"666"`}, []string{`"9"`, `"rw"`}},
	".console.address":                          {[]string{`"127.0.0.1:0"`}, []string{`"here"`}},
	".console.token":                            {[]string{`env("PD_KEY")`}, []string{`"a b"`, `""`}},
	".console.hosts[]":                          {[]string{`"postern"`}, []string{`"a:1"`}},
	".agent.data_dir":                           {[]string{`"data"`}, []string{`""`}},
	".egress.allow[]":                           {[]string{`"10.0.0.0/8"`, `"127.0.0.1:9"`}, []string{`"h"`, `"10.0.0.1/8"`}},
	".egress.allow_http[]":                      {[]string{`"10.0.0.0/8"`, `"127.0.0.1:9"`}, []string{`"h"`, `"10.0.0.1/8"`}},
	".egress.proxy":                             {[]string{`"http://p"`, `"https://u:p%40@p.example:1"`, `"http://[::1]:1/"`, `"HTTP://p-1._x:1"`}, []string{`"p:1"`, `"socks5://p"`, `"http://"`, `"http://p:0"`, `"http://p:x"`, `"http://p/x"`, `"http://[::1"`, `"http://[127.0.0.1]:1"`, `"http://[x]"`, `"http://a b"`, `"http://p?x"`, `"http://@p"`, `""`}},
	".egress.dns_server":                        {[]string{`"10.0.0.2"`, `"127.0.0.1:5353"`, `"::1"`, `"[fe80::1%eth0]:53"`}, []string{`"dns"`, `"127.0.0.1:0"`, `"[::1]"`, `""`}},
	".egress.ca_file":                           {nil, []string{`"missing.pem"`, `""`}},
	".defaults.url":                             {[]string{`"https://h/x"`}, []string{`"h"`}},
	".defaults.events[]":                        {[]string{`"a"`, `"a.*"`, `"*"`}, []string{`"*.a"`, `""`}},
	".defaults.secret[]":                        {[]string{`env("CRM_WEBHOOK_SECRET")`}, []string{`"short"`}},
	".test.event":                               {[]string{`{ type = "a", data = { a = 1 } }`}, []string{`{}`, `"a"`, `{ type = "a", data = 1 }`}},
	".test.now":                                 {[]string{`"2026-01-31T12:00:00Z"`}, []string{`"today"`}},
	".test.expect.attempts":                     {[]string{"2"}, []string{`"two"`}},
	".defaults.rate_limit":                      {[]string{`"50/s"`}, []string{`"50"`}},
	".defaults.form.field":                      {[]string{`"payload"`}, []string{`""`}},
	".defaults.auth.basic.username":             {[]string{`"u"`}, []string{`"u:v"`}},
	".defaults.auth.oauth2.token_url":           {[]string{`"https://h/x"`}, []string{`"h"`, `"http://h"`}},
	".defaults.auth.oauth2.scopes[]":            {[]string{`"a:b"`}, []string{`"a b"`, `""`}},
	".defaults.tls.cert":                        {nil, []string{`"missing.pem"`, `""`}},
	".defaults.tls.key":                         {nil, []string{`"missing.pem"`, `""`}},
	".defaults.tls.ca_file":                     {nil, []string{`"missing.pem"`, `""`}},
	".defaults.tls.server_name":                 {[]string{`"h"`, `"::1"`}, []string{`"https://h"`, `""`}},
	".defaults.auth.header.name":                {[]string{`"X-Key"`}, []string{`"a b"`}},
	".webhook.success_when":                     {[]string{`expr("body.b == 1")`}, []string{`"status == 1"`, `expr("a.b == 1")`, `expr("body.")`}},
	".defaults.success_when":                    {[]string{`expr("body.b == 1")`}, []string{`expr("a.b == 1")`}},
	".test.expect.respond[]": {
		[]string{"100", "599", "{ status = 200 }", `{ status = 200, headers = { A = "x", B = 1 }, body = [{}] }`, `{ status = 200, body = null }`},
		[]string{"99", "600", `"x"`, "[200]", "{}", "{ status = 600 }", "{ status = 200, header = {} }", "{ status = 200, headers = [] }", "{ status = 200, headers = { A = [1] } }", `{ status = 200, body = expr("a") }`},
	},
}

// What the tables say of values, defaults and what is required is what decoding
// does.
func TestTablesAndDecodingAgree(t *testing.T) {
	all := places()
	if len(all) < 60 {
		t.Fatalf("%d attributes", len(all))
	}
	for _, p := range all {
		t.Run(strings.TrimPrefix(p.path, "."), func(t *testing.T) {
			with := func(value string) string { return p.wrap(p.attr.name + " = " + value + "\n") }
			good, bad := samplesOf(p)
			for _, v := range good {
				if _, ds := is(t, with(v)); ds.HasErrors() {
					t.Errorf("%.80s is refused: %v", v, ds)
				}
			}
			for _, v := range bad {
				if _, ds := is(t, with(v)); !ds.HasErrors() {
					t.Errorf("%.80s is taken", v)
				}
			}
			absent, ds := is(t, p.wrap(""))
			if mayMiss := !p.attr.required || p.path == ".defaults.url" || p.path == ".defaults.events"; mayMiss == ds.HasErrors() {
				t.Errorf("required %t, and without it: %v", p.attr.required, ds)
			}
			if d := p.attr.def(); d != nil {
				if got, ds := is(t, with(asWritten(d))); got != absent {
					t.Errorf("with its default %s: %v\n%s", asWritten(d), ds, cmp.Diff(absent, got))
				}
			}
			checkReach(t, p, with)
		})
	}
}

// checkReach puts expr where the table says that it may stand, and where not.
func checkReach(t *testing.T, p tablePlace, with func(string) string) {
	whole, within, deep := `expr("a.b == 1")`, `"https://h/${expr("a.b")}"`, `{ A = [{ b = expr("a.b") }] }`
	if _, isObject := p.attr.takes.(takesObject); isObject {
		whole, within = `{ A = expr("a.b") }`, `{ A = "x${expr("a.b")}" }`
	}
	if list, isList := p.attr.takes.(takesList); isList && !list.one {
		whole, within = "["+whole+"]", "["+within+"]"
	}
	if _, isExpr := p.attr.takes.(takesExpr); isExpr {
		good, _ := samplesOf(p)
		whole = good[0]
	}
	for value, may := range map[string]bool{
		whole:  p.attr.expr != noExpr && p.attr.name != "url", // nothing before the host
		within: p.attr.expr == textExpr || p.attr.expr == everyExpr,
		deep:   p.attr.expr == everyExpr,
	} {
		if _, ds := is(t, with(value)); ds.HasErrors() == may {
			t.Errorf("%s: may stand: %t, but: %v", value, may, ds)
		}
	}
}

func TestTheTablesAreForPeople(t *testing.T) {
	check := func(path, about string) {
		if about == "" || !strings.HasSuffix(about, ".") || strings.ContainsAny(about, "|\n") {
			t.Errorf("%s: %q", path, about)
		}
	}
	var visit func(shape bodyShape)
	visit = func(shape bodyShape) {
		for _, b := range shape.inner {
			check(b.name, b.about)
			for _, v := range b.variants {
				check(b.name+" "+v.label, v.about)
				visit(v.body)
			}
			visit(b.body)
		}
	}
	visit(fileBody)
	for _, p := range places() {
		check(p.path, p.attr.about)
	}
}

const (
	referenceBegin = "<!-- What stands between these marks is made by: postern schema -->\n\n"
	referenceEnd   = "\n<!-- end -->"
)

func TestTheReferenceOfThePageIsMadeFromTheTables(t *testing.T) {
	const page = "../docs/configuration.md"
	before, rest, begun := strings.Cut(readTest(t, page), referenceBegin)
	_, after, ended := strings.Cut(rest, referenceEnd)
	if !begun || !ended {
		t.Fatalf("%s has lost its marks", page)
	}
	golden(t, page, before+referenceBegin+Markdown(3)+referenceEnd+after)
}
