package config

import (
	"time"

	"github.com/posternhq/postern/outbound"
)

// fileBody is what files may hold.
var fileBody = body(nil, webhookBlock, defaultsBlock, mappingBlock, eventBlock, localsBlock, agentBlock, listenBlock, consoleBlock, queueBlock, egressBlock, testBlock)

var (
	webhookBlock = block{
		name: "webhook", label: "NAME", pattern: nameForm, body: webhookBody,
		about: "A destination: events that it subscribes to are delivered there. The name is its identity, and " + nameWords + ".",
	}
	defaultsBlock = block{
		name: "defaults", body: webhookBody, once: true,
		about: "Settings that webhooks fall back on, one by one: those of `webhook`. What a webhook says itself wins.",
	}
	mappingBlock = block{
		name: "mapping", label: "NAME", pattern: nameForm, body: mappingBody,
		about: "What a payload holds, for several webhooks to share as `mapping.NAME`. The name is " + nameWords + ".",
	}
	eventBlock = block{
		name: "event", label: "TYPE", pattern: `^[^*]{1,128}$`, body: eventBody,
		about: "An event that the app sends. Where there are any, a subscription that fits none is an error. The type is 1 to 128 bytes without control characters, `*` and outer spaces.",
	}
	localsBlock = block{name: "locals", free: true, about: "Values to be used as `local.NAME` elsewhere."}
	agentBlock  = block{name: "agent", body: agentBody, once: true, about: "The process itself."}
	listenBlock = block{
		name: "listen",
		variants: []variant{
			{"http", listenHTTPBody, "HTTP. Off loopback it needs a token."},
			{"unix", listenUnixBody, "A Unix socket."},
		},
		about: "Where events come in. It may stand several times; without one there is `listen \"http\"`.",
	}
	consoleBlock = block{name: "console", body: consoleBody, once: true, about: "Where the page, the API, health and metrics are. Off loopback it needs a token."}
	queueBlock   = block{
		name: "queue", once: true,
		variants: []variant{{"embedded", queueBody, "On the local disk; no other service is needed. The default."}},
		about:    "Where deliveries wait.",
	}
	egressBlock = block{name: "egress", body: egressBody, once: true, about: "What outbound connections may reach."}
)

const (
	nameForm  = `^[A-Za-z0-9_-]{1,64}$`
	nameWords = "1 to 64 letters, digits, `-` and `_`"
)

var webhookBody = body([]attribute{
	{name: "description", takes: takesText{}, about: "For people."},
	{name: "url", takes: takesText{like: "an address, `https://…`"}, required: true, expr: textExpr,
		about: "Where it goes. In its path and query `expr` may stand, escaped there; scheme, host and port come from no event. `http://` needs `egress.allow_http`."},
	{name: "method", takes: takesChoice{fixed: "POST", choices: []string{"POST", "GET", "PUT", "PATCH"}, anyCase: true}, about: "GET carries the payload in the query, behind the URL's own and `query`."},
	{name: "content_type", takes: takesChoice{fixed: "json", choices: []string{"json", "form"}, others: []string{"application/json", "application/x-www-form-urlencoded"}, anyCase: true},
		about: "How the payload is written. Not with GET."},
	{name: "events", takes: takesList{of: takesText{like: "a type, `prefix.*` or `*`", pattern: `^([^*]+(\.\*)?|\*)$`}, least: 1}, required: true,
		about: "The types that it subscribes to; `prefix.*` is for one segment or more, `*` for all."},
	{name: "filter", takes: takesExpr{}, absent: "all of them", expr: wholeExpr, about: "Which of them it is owed. One that fails on an event leaves a failed delivery (class `filter`), never a silent no."},
	{name: "active", takes: takesBool{fixed: true}, about: "Whether it is delivered to. If not, matching events are held, and go out, oldest first, once it is active again."},
	{name: "on_inactive", takes: takesChoice{fixed: "hold", choices: []string{"hold", "skip"}}, about: "What becomes of matching events while it is inactive; `skip` records them as skipped."},
	{name: "secret", takes: takesList{of: takesText{}, one: true}, secret: true, absent: "unsigned", about: "What requests are signed with; several sign while one is rotated, and `\"\"` keeps the stored one."},
	{name: "log_response_body", takes: takesBool{}, about: "Whether the first 16 KiB of each answer are kept."},
	{name: "success_when", takes: takesExpr{}, absent: "a 2xx", expr: wholeExpr, about: "Which answers are a success, whatever their status; it sees `status`, `headers` and `body`. A 2xx that is none is retried (class `success_when`)."},
	{name: "payload", takes: takesObject{of: takesAny{}}, absent: "the standard payload", expr: everyExpr, about: "What it is sent: `{ … }` in place, `mapping.NAME`, or `merge` of both."},
	{name: "headers", takes: takesObject{of: takesText{like: "texts"}}, expr: textExpr, about: "Headers of its requests; null leaves one out."},
	{name: "query", takes: takesObject{of: takesText{like: "texts"}}, expr: textExpr, about: "What is added to the URL's query; null leaves one out."},
	{name: "timeout", takes: takesDuration{15 * time.Second, time.Millisecond, 10 * time.Minute}, about: "How long an attempt may take, from connecting to the last byte of the answer."},
	{name: "concurrency", takes: takesInt{8, 1, 1000}, about: "How many attempts at once."},
	{name: "rate_limit", takes: takesText{like: "`\"50/s\"`, `\"100/m\"` or `\"1000/h\"`", pattern: `^[0-9]+/[smh]$`}, absent: "none", about: "How many attempts start in a second, minute or hour; at most 10,000 a second."},
	{name: "order_by", takes: takesExpr{"text or a number"}, absent: "no order", expr: wholeExpr, about: "What deliveries have in common that go one after the other, in order of acceptance, such as `expr(\"contact.id\")`. Null and `\"\"` are in no order."},
	{name: "on_order_failure", takes: takesChoice{fixed: "continue", choices: []string{"continue", "hold"}}, about: "What becomes of those that follow one that has failed: they go on, or wait for its replay."},
}, authBlock, signatureBlock, tlsBlock, retryBlock, circuitBlock, formBlock)

var authBlock = block{
	name: "auth", once: true,
	variants: []variant{
		{"none", body(nil), "The same as no block."},
		{"basic", body([]attribute{
			{name: "username", takes: takesText{}, required: true, about: "It holds no colon."},
			{name: "password", takes: takesText{}, required: true, secret: true, about: "It may be empty."},
		}), "HTTP Basic."},
		{"bearer", body([]attribute{
			{name: "token", takes: takesText{}, required: true, secret: true, about: "What stands behind `Authorization: Bearer`."},
		}), "A bearer token."},
		{"header", body([]attribute{
			{name: "name", takes: takesText{}, required: true, about: "The name of the header."},
			{name: "value", takes: takesText{}, required: true, secret: true, about: "All of its value."},
		}), "A header of any name."},
		{"oauth2", body([]attribute{
			{name: "token_url", takes: takesText{like: "an address, `https://…`"}, required: true, about: "Where tokens come from. `egress` holds for it as for a webhook."},
			{name: "client_id", takes: takesText{}, required: true, about: "As whom."},
			{name: "client_secret", takes: takesText{}, required: true, secret: true, about: "Its proof, given by HTTP Basic or, where the server does not take that, in the form."},
			{name: "scopes", takes: takesList{of: takesText{like: "a scope", pattern: `^[!#-\[\]-~]+$`}, fixed: []node{}}, about: "What is asked for."},
			{name: "audience", takes: takesText{}, about: "For whom, where the server wants to know."},
		}), "A bearer token that is fetched with client credentials, and renewed before it ends and after a 401."},
	},
	about: "How it says who is asking. Not with GET. One in `defaults` is fallen back on if it is of the same kind.",
}

var authBodies = authBlock.bodies()

var signatureBlock = block{
	name: "signature", once: true,
	variants: []variant{
		{"standard", body(nil), "That of Standard Webhooks, in `webhook-signature`. The default."},
		{"github", body(nil), "GitHub's, in `X-Hub-Signature-256`."},
		{"stripe", body(nil), "Stripe's, in `Stripe-Signature`."},
		{"shopify", body(nil), "Shopify's, in `X-Shopify-Hmac-Sha256`."},
		{"hmac", hmacBody, "An HMAC in a header of any name."},
	},
	about: "How requests are signed, for receivers that exist already. It needs `secret`. One in `defaults` is fallen back on if it is of the same kind.",
}

var hmacBody = body([]attribute{
	{name: "header", takes: takesText{like: "a name"}, required: true, about: "The header that it goes into."},
	{name: "algorithm", takes: takesChoice{fixed: "sha256", choices: []string{"sha256", "sha512", "sha1"}}, about: "The hash of the HMAC."},
	{name: "encoding", takes: takesChoice{fixed: "hex", choices: []string{"hex", "base64"}}, about: "How its bytes are written."},
	{name: "prefix", takes: takesText{pattern: `^([^{}]|\{(id|timestamp)\})*$`}, about: "What stands before it, such as `sha256=`. `{id}` and `{timestamp}` may stand in it."},
	{name: "content", takes: takesText{fixed: "{body}", pattern: `^([^{}]|\{(id|timestamp|method|url|body)\})*$`},
		about: "What is signed: text with `{id}`, `{timestamp}`, `{method}`, `{url}` and `{body}`, such as `{timestamp}.{body}`."},
	{name: "timestamp_header", takes: takesText{like: "a name"}, about: "A header that carries the timestamp too, beside `webhook-timestamp`."},
})

var tlsBlock = block{name: "tls", body: tlsBody, once: true, about: "How it is spoken to over TLS. Files are read anew by every reload."}

var tlsBody = body([]attribute{
	{name: "cert", takes: takesText{like: "a text in PEM form, or the path of one"}, about: "The client's certificate, followed by those that vouch for it. With `key`."},
	{name: "key", takes: takesText{like: "text in PEM form, or the path of one"}, secret: true, about: "Its private key, without a passphrase."},
	{name: "ca_file", takes: takesText{like: "a path"}, absent: "those of `egress` alone", about: "A PEM file of roots that are trusted beside the system's and those of `egress.ca_file`."},
	{name: "server_name", takes: takesText{like: "the name of a host"}, absent: "the URL's host", about: "The name that is asked for and that its certificate must have."},
	{name: "min_version", takes: takesChoice{fixed: tlsVersions[0], choices: tlsVersions}, about: "The oldest version of TLS that is spoken."},
})

var retryBlock = block{name: "retry", body: retryBody, once: true, about: "When a delivery is tried again. 0 to 10 % is added to each wait at random."}

var retryBody = body([]attribute{
	{name: "schedule", takes: takesList{of: takesDuration{least: time.Millisecond, most: 30 * day}, fixed: waits(schedule), most: maxSchedule}, about: "The waits before each further attempt; `[]` is one attempt."},
	{name: "permanent", takes: takesList{of: takesInt{least: 100, most: 599}, fixed: []node{}}, about: "Statuses that are never retried, such as `[400, 422]`."},
	{name: "max_retry_after", takes: takesDuration{time.Hour, 0, 30 * day}, about: "The longest `Retry-After` that is obeyed. It holds the whole webhook."},
})

const maxSchedule = 100 // waits

var schedule = []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour}

func waits(schedule []time.Duration) (nodes []node) {
	for _, d := range schedule {
		nodes = append(nodes, textNode(short(d)))
	}
	return nodes
}

var circuitBlock = block{name: "circuit", body: circuitBody, once: true, about: "When a receiver that fails is left alone but for one attempt now and then, the probe: after `failures` in a row without an answer, or with a status of 500 and more."}

var circuitBody = body([]attribute{
	{name: "failures", takes: takesInt{10, 0, 1000}, about: "How many in a row, over two deliveries or more; 0 is no circuit."},
	{name: "probe_after", takes: takesDuration{5 * time.Second, 100 * time.Millisecond, day}, about: "The wait before the first probe. It doubles with each that fails."},
	{name: "max_wait", takes: takesDuration{5 * time.Minute, 100 * time.Millisecond, day}, about: "The longest wait for a probe, the first one included."},
})

var formBlock = block{name: "form", body: formBody, once: true, about: "How nested values are written in a form or a query."}

var formBody = body([]attribute{
	{name: "lists", takes: takesChoice{fixed: listStyles[outbound.Index], choices: listStyles}, about: "`a[0]=x`, `a[]=x`, `a=x&a=y` or `a=x,y`."},
	{name: "field", takes: takesText{like: "a name"}, absent: "a field for each value", about: "Sends the whole payload as JSON in this one field."},
})

// listStyles are the names of outbound's, in its order.
var listStyles = []string{"index", "empty", "repeat", "comma"}

var mappingBody = body([]attribute{
	{name: "fields", takes: takesObject{of: takesAny{}}, required: true, expr: everyExpr, about: "Field names and what they hold, in the order in which they are sent."},
})

var eventBody = body([]attribute{
	{name: "description", takes: takesText{}, about: "For people."},
	{name: "sample", takes: takesObject{of: takesAny{}}, about: "The event's data by example, such as `jsondecode(file(\"samples/contact.json\"))`. Expressions are checked against it, and `send` sends it."},
})

var agentBody = body([]attribute{
	{name: "data_dir", takes: takesText{like: "a directory"}, absent: "`$STATE_DIRECTORY`, then `./" + defaultDataDir + "`", about: "Where the queue, stored secrets and the last good configuration are."},
	{name: "log_level", takes: takesChoice{fixed: "info", choices: []string{"debug", "info", "warn", "error"}}, about: "What is logged. A reload changes it."},
	{name: "log_format", takes: takesChoice{choices: []string{"json", "console"}}, absent: "`console` on a terminal, else `json`", about: "How it is logged."},
	{name: "shutdown_delay", takes: takesDuration{0, 0, time.Hour}, about: "How long events are still taken after SIGTERM."},
	{name: "drain_timeout", takes: takesDuration{8 * time.Second, 0, time.Hour}, about: "How long attempts under way may take to end after that."},
	{name: "allow_empty", takes: takesBool{}, about: "Whether a reload may go from some webhooks to none."},
})

// doorToken and doorHosts are the same for both doors over HTTP.
var (
	doorToken = attribute{name: "token", takes: takesText{like: "visible ASCII without spaces", pattern: `^[!-~]+$`}, secret: true, absent: "none, on loopback",
		about: "What clients give as `Authorization: Bearer`. Off loopback it is required."}
	doorHosts = attribute{name: "hosts", takes: takesList{of: takesText{like: "a name or an IPv4 address"}}, absent: "any, off loopback",
		about: "The `Host` headers that are taken, without port."}
)

var listenHTTPBody = body([]attribute{
	{name: "address", takes: takesText{fixed: defaultListen, like: "`host:port`"}, about: "Where to listen; port 0 is a free one."}, doorToken, doorHosts,
})

var listenUnixBody = body([]attribute{
	{name: "path", takes: takesText{like: "a path of at most 107 bytes"}, absent: "`$RUNTIME_DIRECTORY/" + socketName + "`, then `" + defaultRuntimeDir + "/" + socketName + "`", about: "The socket's file."},
	{name: "mode", takes: takesText{fixed: "0660", like: "octal digits", pattern: `^0?[0-7]{3}$`}, about: "Its permissions, from the first moment on, whatever the umask."},
})

var consoleBody = body([]attribute{
	{name: "address", takes: takesText{fixed: defaultConsole, like: "`host:port`"}, about: "Where to listen; port 0 is a free one."}, doorToken, doorHosts,
})

var queueBody = body([]attribute{
	{name: "max_bytes", takes: takesSize{1 << 30, 1 << 16, 1 << 50}, about: "How much may wait. When it is full, the door answers 503, and nothing accepted is lost."},
	{name: "max_age", takes: takesDuration{3 * day, time.Millisecond, 365 * day}, about: "A delivery that is older fails."},
	{name: "retain", takes: takesObject{members: []attribute{
		{name: "delivered", takes: takesDuration{day, 0, 3650 * day}, about: "Delivered and skipped ones."},
		{name: "failed", takes: takesDuration{30 * day, 0, 3650 * day}, about: "Failed ones."},
	}}, about: "How long deliveries that have ended are kept."},
})

var egressBody = body([]attribute{
	{name: "allow", takes: takesList{of: addressRule, fixed: []node{}}, about: "Private addresses that may be reached. Metadata and link-local ones open only to a rule that names that one address."},
	{name: "allow_http", takes: takesList{of: addressRule, fixed: []node{}}, about: "Addresses that plain `http://` may reach. A private one must be in `allow` as well."},
	{name: "ca_file", takes: takesText{like: "a path"}, absent: "the system's roots alone", about: "A PEM file of roots that are trusted beside the system's."},
	{name: "proxy", takes: takesText{like: "`http://host:port` or `https://host:port`, `user:password@` before the host"}, absent: "none, whatever the environment says", about: "Is asked, by CONNECT, for every connection, at an address that was resolved and checked here."},
	{name: "dns_server", takes: takesText{like: "an IP address, with an optional `:port`"}, absent: "the system's", about: "Resolves all names."},
	{name: "max_in_flight", takes: takesInt{256, 1, 10_000}, about: "How many attempts at once, over all webhooks."},
})

var addressRule = takesText{like: "an IP address or CIDR range, with an optional `:port`"}

// labelsOf says which blocks a file may hold, and how many labels each has;
// once are those that all files together may hold one of.
var labelsOf, once = topLevel(fileBody)

func topLevel(file bodyShape) (labels map[string]int, once []string) {
	labels = map[string]int{}
	for _, b := range file.inner {
		labels[b.name] = 0
		if b.label != "" || b.variants != nil {
			labels[b.name] = 1
		}
		if b.once {
			once = append(once, b.name)
		}
	}
	return labels, once
}
