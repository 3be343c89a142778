package config

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/outbound"
)

// Bodies of the blocks that are not a webhook's.
var (
	agentBody      = bodyShape{attrs: []string{"data_dir", "log_level", "log_format", "shutdown_delay", "drain_timeout", "allow_empty"}}
	listenHTTPBody = bodyShape{attrs: []string{"address", "token", "hosts"}}
	listenUnixBody = bodyShape{attrs: []string{"path", "mode"}}
	consoleBody    = bodyShape{attrs: []string{"address", "token", "hosts"}}
	queueBody      = bodyShape{attrs: []string{"max_bytes", "max_age", "retain"}}
	egressBody     = bodyShape{attrs: []string{"allow", "allow_http", "ca_file", "max_in_flight"}}
	eventBody      = bodyShape{attrs: []string{"description", "sample"}}
	mappingBody    = bodyShape{attrs: []string{"fields"}}
)

func (l *loader) agent(b *hclsyntax.Block) {
	if b == nil {
		b = none("agent")
	}
	s := l.section(b.Body, b, agentBody)
	l.gen.Agent = Agent{
		DataDir:       s.text("data_dir", l.stateDir()),
		LogLevel:      s.choice("log_level", "info", "debug", "info", "warn", "error"),
		LogFormat:     s.choice("log_format", "", "json", "console"),
		ShutdownDelay: s.duration("shutdown_delay", 0, 0, time.Hour),
		DrainTimeout:  s.duration("drain_timeout", 8*time.Second, 0, time.Hour),
		AllowEmpty:    s.boolean("allow_empty", false),
	}
	if l.gen.Agent.DataDir == "" || strings.ContainsRune(l.gen.Agent.DataDir, 0) {
		l.fail(s.at("data_dir"), "", `data_dir is the path of a directory, such as "/var/lib/postern".`)
	}
}

// stateDir is where systemd, or else the working directory, has room for data.
func (l *loader) stateDir() string {
	dirs, _ := l.in.Env("STATE_DIRECTORY")
	if dir, _, _ := strings.Cut(dirs, ":"); filepath.IsAbs(dir) {
		return dir
	}
	return "postern-data"
}

func (l *loader) queue(b *hclsyntax.Block) {
	if b == nil {
		b = none("queue")
	} else if kind := b.Labels[0]; kind != "embedded" {
		l.fail(b.LabelRanges[0], suggestOr(kind, []string{"embedded"}, "There is only"), "There is no queue %q.", kind)
		return
	}
	s := l.section(b.Body, b, queueBody)
	l.gen.Queue = Queue{
		MaxBytes:        parsed(s, "max_bytes", 1<<30, sizeWithin("max_bytes", 1<<16, 1<<50)),
		RetainDelivered: day,
		RetainFailed:    30 * day,
	}
	l.gen.Plan.MaxAge = s.duration("max_age", 3*day, time.Millisecond, 365*day)
	l.retain(s)
}

// retain = { delivered = "24h", failed = "720h" }
func (l *loader) retain(s *section) {
	n := s.node("retain")
	if n == nil {
		return
	}
	o, ok := n.(*object)
	if !ok {
		l.fail(n.at(), "", `retain is an object: { delivered = "24h", failed = "720h" }.`)
		return
	}
	targets := map[string]*time.Duration{"delivered": &l.gen.Queue.RetainDelivered, "failed": &l.gen.Queue.RetainFailed}
	for _, f := range o.fields {
		target := targets[f.name]
		if target == nil {
			l.fail(f.at, suggestOr(f.name, []string{"delivered", "failed"}, "It has"), "retain has no %q.", f.name)
			continue
		}
		if isNull(f.value) {
			continue
		}
		if d, ok := parseNode(l, f.value, durationWithin(f.name, 0, 3650*day)); ok {
			*target = d
		}
	}
}

func (l *loader) egress(b *hclsyntax.Block) {
	if b == nil {
		b = none("egress")
	}
	s := l.section(b.Body, b, egressBody)
	listed, _ := s.items("allow_http")
	l.allowsHTTP = len(listed) > 0
	l.gen.Plan.Egress = outbound.Egress{
		Allow:       each(s, "allow", parseRule),
		AllowHTTP:   each(s, "allow_http", parseRule),
		CA:          l.roots(s),
		MaxInFlight: s.integer("max_in_flight", 256, 1, 10_000),
	}
}
