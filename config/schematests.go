package config

import "time"

var testBlock = block{
	name: "test", label: "WHAT IT SHOWS", body: testBody,
	about: "An event and what it should lead to. `postern test` runs it; an agent checks it and leaves it alone. Its values are fixed.",
}

var testBody = body([]attribute{
	{name: "event", takes: takesObject{of: takesAny{}}, required: true, about: "What happens: `{ type = …, data = { … } }`, and `id`, `time` and `source` if they matter; of a CloudEvent `ce_id`, and `ce = { subject = … }`."},
	{name: "env", takes: takesObject{of: takesText{like: "texts"}}, absent: "none", about: "All variables that there are, by name."},
	{name: "now", takes: takesText{fixed: testEpoch.Format(time.RFC3339), like: "a moment as in RFC 3339"}, about: "The clock of the event and of the first attempt."},
}, expectBlock, assertBlock)

var expectBlock = block{
	name: "expect", label: "WEBHOOK", pattern: nameForm, body: expectBody,
	about: "A webhook that matches, and what it sends; what is absent is not asked for. A webhook that matches and has none fails the test.",
}

var expectBody = body([]attribute{
	{name: "method", takes: takesText{}, absent: unasked, about: "The method."},
	{name: "url", takes: takesText{}, absent: unasked, about: "The URL with its query."},
	{name: "headers", takes: takesObject{of: takesText{like: "texts"}}, absent: unasked, about: "These headers, and maybe others."},
	{name: "query", takes: takesObject{of: takesAny{like: "texts, or lists of texts"}}, absent: unasked, about: "The whole query."},
	{name: "json", takes: takesAny{like: "any value"}, absent: unasked, about: "The whole body."},
	{name: "json_contains", takes: takesAny{like: "any value"}, absent: unasked, about: "The body; its objects may have other members too."},
	{name: "form", takes: takesObject{of: takesAny{like: "texts, or lists of texts"}}, absent: unasked, about: "All fields of the body."},
	{name: "body", takes: takesText{}, absent: unasked, about: "The body to the byte."},
	{name: "signed", takes: takesBool{}, absent: unasked, about: "Whether it is signed."},
	{name: "order_by", takes: takesText{}, absent: unasked, about: "The value of `order_by` as text; `\"\"` is no order."},
	{name: "respond", takes: takesList{of: takesEither{takesInt{least: 100, most: 599}, takesObject{members: replyAttributes}}}, absent: "`[200]`", about: "What the receiver answers, one an attempt; the last one repeats."},
	{name: "attempts", takes: takesAny{like: "a number", kind: "number"}, absent: unasked, about: "How many attempts there are in all."},
})

var replyAttributes = []attribute{
	{name: "status", takes: takesInt{least: 100, most: 599}, required: true, about: "The status."},
	{name: "headers", takes: takesObject{of: takesText{like: "texts"}}, absent: "none", about: "Its headers."},
	{name: "body", takes: takesAny{like: "any value"}, absent: "none", about: "Its body: a text as it is, anything else as JSON."},
}

const unasked = "not asked for"

var assertBlock = block{name: "assert", body: assertBody, about: "What must hold of all requests of the test."}

var assertBody = body([]attribute{
	{name: "condition", takes: takesExpr{}, required: true, expr: wholeExpr, about: "It sees `matched`, `requests`, `input` and `event`."},
	{name: "message", takes: takesText{}, absent: "none", about: "What is said when it does not hold."},
})
