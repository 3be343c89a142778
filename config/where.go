package config

import (
	"maps"
	"slices"
	"strconv"
)

// bodies are all blocks that hold attributes, as people write them.
var bodies = map[string]bodyShape{
	"agent":            agentBody,
	`listen "http"`:    listenHTTPBody,
	`listen "unix"`:    listenUnixBody,
	"console":          consoleBody,
	"queue":            queueBody,
	"egress":           egressBody,
	"event":            eventBody,
	"mapping":          mappingBody,
	"defaults":         webhookBody,
	"webhook":          webhookBody,
	"tls":              tlsBody,
	"retry":            retryBody,
	"circuit":          circuitBody,
	"form":             formBody,
	`auth "basic"`:     authBodies["basic"],
	`auth "bearer"`:    authBodies["bearer"],
	`auth "header"`:    authBodies["header"],
	`auth "oauth2"`:    authBodies["oauth2"],
	`signature "hmac"`: hmacBody,
	"test":             testBody,
	"expect":           expectBody,
	"assert":           assertBody,
}

// belongs tells which blocks take an attribute; empty: none does.
func belongs(attribute string) string {
	var owners []string
	for _, block := range slices.Sorted(maps.Keys(bodies)) {
		if slices.Contains(bodies[block].attrs, attribute) {
			owners = append(owners, block)
		}
	}
	if len(owners) == 0 {
		return ""
	}
	return "It belongs in a block " + oneOf(owners) + "."
}

// adviseName tells what an attribute that a block does not have may stand for.
func adviseName(name string, shape bodyShape) string {
	if slices.Contains(shape.blocks, name) {
		return "It is a block: write " + head(name) + " { … }."
	}
	advice := suggest(name, shape.attrs)
	if advice == "" {
		advice = belongs(name)
	}
	if advice == "" {
		advice = "It has " + and(slices.Sorted(slices.Values(shape.attrs))) + "."
	}
	return advice
}

// adviseOutside is adviseName for what stands in no block.
func adviseOutside(name string, shape bodyShape) string {
	if slices.Contains(shape.blocks, name) {
		return "It is a block: write " + head(name) + " { … }."
	}
	if advice := belongs(name); advice != "" {
		return advice
	}
	return "Values of your own stand in locals { … }; the files hold blocks only."
}

// everyBlock are the kinds of blocks, wherever they may stand.
func everyBlock() []block { return slices.Concat(fileBody.inner, webhookBody.inner, testBody.inner) }

// head is how a block begins.
func head(name string) string {
	for _, b := range everyBlock() {
		switch {
		case b.name != name:
		case len(b.variants) > 0:
			i := slices.IndexFunc(b.variants, func(v variant) bool { return v.label != "none" })
			return name + " " + strconv.Quote(b.variants[i].label)
		case b.label != "":
			return name + " " + strconv.Quote(b.label)
		}
	}
	return name
}

// adviseBlock is adviseName for a block.
func adviseBlock(name string, shape bodyShape) string {
	switch {
	case slices.Contains(shape.attrs, name):
		return "It is an attribute: write " + name + " = …"
	case len(shape.blocks) == 0:
		return "Remove it: there are no blocks in this one."
	}
	return suggestOr(name, shape.blocks, "The blocks that may stand here are")
}

// examples show what a required attribute looks like.
var examples = map[string]string{
	"url":           `url = "https://…"`,
	"events":        `events = ["contact.subscribed"], or ["*"] for all`,
	"fields":        `fields = { email = expr("contact.email") }`,
	"username":      `username = "…"`,
	"password":      `password = env("…")`,
	"token":         `token = env("…")`,
	"name":          `name = "X-Api-Key"`,
	"value":         `value = env("…")`,
	"event":         `event = { type = "contact.subscribed", data = { … } }`,
	"token_url":     `token_url = "https://…"`,
	"client_id":     `client_id = "…"`,
	"client_secret": `client_secret = env("…")`,
	"cert":          `cert = file("client.pem")`,
	"key":           `key = credential("client_key")`,
	"condition":     `condition = expr("…")`,
	"header":        `header = "X-Signature"`,
}
