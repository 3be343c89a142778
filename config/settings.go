package config

import (
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/outbound"
)

func (l *loader) agent(b *hclsyntax.Block) {
	if b == nil {
		b = none("agent")
	}
	s := l.section(b.Body, b, agentBody)
	l.gen.Agent = Agent{
		DataDir:       parsed(s, "data_dir", l.stateDir(), asItIs),
		LogLevel:      s.choice("log_level"),
		LogFormat:     s.choice("log_format"),
		ShutdownDelay: s.duration("shutdown_delay"),
		DrainTimeout:  s.duration("drain_timeout"),
		AllowEmpty:    s.boolean("allow_empty"),
	}
	if l.gen.Agent.DataDir == "" || strings.ContainsRune(l.gen.Agent.DataDir, 0) {
		l.fail(s.at("data_dir"), "", `data_dir is the path of a directory, such as "/var/lib/postern".`)
	}
}

const defaultDataDir = "postern-data"

// stateDir is where systemd, or else the working directory, has room for data.
func (l *loader) stateDir() string {
	dirs, _ := l.in.Env("STATE_DIRECTORY")
	if dir, _, _ := strings.Cut(dirs, ":"); filepath.IsAbs(dir) {
		return dir
	}
	return defaultDataDir
}

func (l *loader) queue(b *hclsyntax.Block) {
	if b == nil {
		b = none("queue")
	} else if kind := b.Labels[0]; kind != "embedded" {
		l.fail(b.LabelRanges[0], suggestOr(kind, []string{"embedded"}, "There is only"), "There is no queue %q.", kind)
		return
	}
	s := l.section(b.Body, b, queueBody)
	l.gen.Queue.MaxBytes = s.size("max_bytes")
	l.gen.Plan.MaxAge = s.duration("max_age")
	l.retain(s)
}

// retain = { delivered = "24h", failed = "720h" }
func (l *loader) retain(s *section) {
	targets := map[string]*time.Duration{"delivered": &l.gen.Queue.RetainDelivered, "failed": &l.gen.Queue.RetainFailed}
	bounds := map[string]takesDuration{}
	for _, m := range taken[takesObject](s, "retain").members {
		bounds[m.name] = m.takes.(takesDuration)
		*targets[m.name] = bounds[m.name].fixed
	}
	n := s.node("retain")
	if n == nil {
		return
	}
	o, ok := n.(*object)
	if !ok {
		l.fail(n.at(), "", `retain is an object: { delivered = "24h", failed = "720h" }.`)
		return
	}
	for _, f := range o.fields {
		target := targets[f.name]
		if target == nil {
			l.fail(f.at, suggestOr(f.name, []string{"delivered", "failed"}, "It has"), "retain has no %q.", f.name)
			continue
		}
		if isNull(f.value) {
			continue
		}
		if d, ok := parseNode(l, f.value, durationOf(f.name, bounds[f.name])); ok {
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
		Proxy:       l.proxy(s),
		DNSServer:   parsed(s, "dns_server", netip.AddrPort{}, parseDNSServer),
		MaxInFlight: s.integer("max_in_flight"),
	}
}
