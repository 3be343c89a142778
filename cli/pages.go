package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// A page is what help says of a verb beside its flags.
type page struct {
	examples [][2]string // a command line, and what it is for
	exits    string      // its exit statuses; empty: those that every verb has
}

// pages are those of all verbs that are shown, by their words.
var pages = map[string]page{
	"init": {
		examples: [][2]string{
			{"postern init", "in the current directory"},
			{"postern init conf --url https://crm.example.com/hook", "to a receiver"},
		},
		exits: "0 written; 1 there is something already, and nothing is written.",
	},
	"run": {
		examples: [][2]string{
			{"postern run", "with ./postern.hcl, or /etc/postern"},
			{"postern run --config conf --log-level debug", ""},
			{"kill -HUP PID", "reads the configuration again"},
		},
		exits: "0 stopped by a signal; 74 the data directory can't be used; 78 the configuration is bad.",
	},
	"demo": {examples: [][2]string{{"postern demo", "then open the page that it names"}}},
	"validate": {
		examples: [][2]string{
			{"postern validate", ""},
			{"postern validate --no-env --strict conf", "in CI: no secrets at hand"},
			{"postern validate --output github README.md", "the hcl blocks of a page"},
		},
		exits: "0 no errors; 1 there are some, or with --strict warnings.",
	},
	"fmt": {
		examples: [][2]string{
			{"postern fmt", ""},
			{"postern fmt --check conf", "in CI"},
			{"postern fmt - < crm.hcl", "for editors"},
		},
		exits: "0 well; 1 a file can't be parsed, or written; 3 --check found work.",
	},
	"test": {
		examples: [][2]string{
			{"postern test", ""},
			{"postern test conf --run CRM --junit report.xml", ""},
		},
		exits: "0 all passed; 1 one failed, or the configuration has errors.",
	},
	"plan": {
		examples: [][2]string{
			{"postern plan", "what a reload would do now"},
			{"postern plan new --against old --events events.json", "without an agent"},
		},
		exits: "0 whether or not something would change; 1 it would be refused.",
	},
	"explain": {examples: [][2]string{
		{"postern explain evt_01KAT", "an event that the agent has"},
		{"postern explain event.json --webhook crm", "one in a file"},
	}},
	"send": {
		examples: [][2]string{
			{"postern send contact.subscribed", "its declared sample"},
			{"postern send contact.subscribed --data contact.json --wait 5s", ""},
			{"postern send --events events.ndjson", "several"},
		},
		exits: "0 accepted; 1 refused, or not delivered within --wait; 69 no agent takes events there.",
	},
	"receive": {examples: [][2]string{
		{"postern receive", "prints each request"},
		{"postern receive --tls --ca-out ca.pem --secret-file crm.secret", ""},
		{"postern receive --status 503 --count 3", "fails three times, and ends"},
	}},
	"verify": {
		examples: [][2]string{
			{"postern verify request.http --secret-file crm.secret", ""},
			{"postern verify --headers h.txt --body b.json --webhook crm", ""},
			{"pass crm | postern verify request.http --secret-file -", ""},
		},
		exits: "0 valid; 1 not valid; 2 it can't be checked.",
	},
	"tail": {
		examples: [][2]string{
			{"postern tail", "until Ctrl-C"},
			{"postern tail --webhook crm --state failed", ""},
			{"postern tail --output json | jq .error", "one JSON text a line"},
		},
		exits: "0 ended by Ctrl-C, or --count; 69 the agent can't be reached.",
	},
	"status": {examples: [][2]string{{"postern status", ""}, {"postern status --output json", "for programs"}}},
	"deliveries ls": {examples: [][2]string{
		{"postern deliveries", "the latest"},
		{"postern deliveries --webhook crm --state failed --since 24h", ""},
	}},
	"deliveries show": {examples: [][2]string{{"postern deliveries show dlv_38gqj2ckr", ""}}},
	"deliveries move": {examples: [][2]string{{"postern deliveries move crm customers", "crm is called customers now"}}},
	"replay": {
		examples: [][2]string{
			{"postern replay dlv_38gqj2ckr", ""},
			{"postern replay --webhook crm --since 24h --dry-run", "what would be replayed"},
			{"postern replay --webhook crm --since 24h", "what has failed since"},
		},
		exits: "0 all that matched; 1 some could not be; 69 the agent can't be reached.",
	},
	"deliveries export": {examples: [][2]string{
		{"postern deliveries export --state failed > failed.ndjson", ""},
		{"postern deliveries export --format csv --since 168h > week.csv", ""},
	}},
	"resume": {examples: [][2]string{{"postern resume crm", ""}}},
	"reload": {
		examples: [][2]string{{"postern reload", ""}},
		exits:    "0 in force; 1 refused, and what was in force stays.",
	},
	"schema config": {examples: [][2]string{
		{"postern schema", "as Markdown"},
		{"postern schema --output json", "a JSON Schema, for editors"},
	}},
	"schema events": {examples: [][2]string{{"postern schema events", "what expressions may name"}}},
	"doctor": {
		examples: [][2]string{
			{"postern doctor", "the data directory of the configuration"},
			{"postern doctor --repair", "with the agent stopped"},
		},
		exits: "0 nothing is wrong; 1 there are findings; 74 it can't be read.",
	},
	"queue backup": {examples: [][2]string{{"postern queue backup /backup/postern", "while the agent runs, or not"}}},
	"secret set": {examples: [][2]string{
		{"postern secret set crm", "asks for it"},
		{"openssl rand -base64 32 | postern secret set crm", ""},
	}},
	"secret rm": {examples: [][2]string{{"postern secret rm crm", ""}}},
	"secret ls": {examples: [][2]string{{"postern secret ls", ""}}},
	"healthcheck": {
		examples: [][2]string{
			{"postern healthcheck", "takes it events?"},
			{"postern healthcheck --live --console 127.0.0.1:7481", ""},
		},
		exits: "0 yes; 1 no, or no agent is there.",
	},
	"completion": {examples: [][2]string{
		{"source <(postern completion bash)", "bash, in ~/.bashrc"},
		{"source <(postern completion zsh)", "zsh, in ~/.zshrc after compinit"},
		{"postern completion fish | source", "fish, in config.fish"},
	}},
	"version": {examples: [][2]string{{"postern version", ""}}},
}

// exitStatuses are those of all verbs.
var exitStatuses = []struct {
	status  int
	meaning string
}{
	{exitOK, "well"},
	{exitNegative, "the answer is no: errors, a failed test, a refusal"},
	{exitUsage, "the command line is wrong"},
	{exitUnformatted, "fmt --check found work"},
	{exitUnreachable, "the agent can't be reached"},
	{exitData, "the data directory can't be used, or the storage failed"},
	{exitConfig, "run with a bad configuration"},
}

// addPages gives each verb its page, below what it does.
func addPages(app *kong.Application) {
	app.Detail = statusesText()
	for _, verb := range app.Leaves(true) {
		if p, ok := pages[verb.Path()]; ok {
			verb.Detail = p.text(verb)
		}
	}
}

// text is laid out as a comment of Go is, which kong's help takes.
func (p page) text(verb *kong.Node) string {
	var b strings.Builder
	b.WriteString("Examples:\n\n")
	for _, e := range p.examples {
		line := e[0]
		if e[1] != "" {
			line += "  # " + e[1]
		}
		fmt.Fprintf(&b, "    %s\n", line)
	}
	fmt.Fprintf(&b, "\nExit status: %s\n", p.exitsOf(verb))
	return b.String()
}

// exitsOf are the exit statuses of a verb.
func (p page) exitsOf(verb *kong.Node) string {
	if p.exits != "" {
		return p.exits
	}
	for _, f := range verb.Flags {
		if f.Name == "console" {
			return "0 well; 1 it failed; 69 the agent can't be reached."
		}
	}
	return "0 well; 1 it failed."
}

func statusesText() string {
	var b strings.Builder
	b.WriteString("Exit statuses:\n\n")
	for _, s := range exitStatuses {
		fmt.Fprintf(&b, "    %2d  %s\n", s.status, s.meaning)
	}
	return b.String()
}
