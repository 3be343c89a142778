package outbound

import (
	"bytes"
	"slices"
)

// A Draft is a plan with its clients built, ready to be swapped in.
type Draft struct {
	plan    *Plan
	clients *clients
	scrub   *scrubber
	tokens  map[string]*tokenSource // by credentials
}

// Draft does everything of a new plan that can fail, and changes nothing.
func (l *Lanes) Draft(p *Plan) (*Draft, error) {
	if err := l.learn(); err != nil {
		return nil, err
	}
	d := &Draft{plan: p, scrub: newScrubber(p)}
	now := l.current.Load()
	if now == nil {
		now = &Draft{plan: new(Plan)}
	}
	d.tokens = newTokenSources(p, now.tokens)
	before := now.clients
	if !now.plan.Egress.sameWay(&p.Egress) {
		before = nil
	}
	var err error
	d.clients, err = newClients(p, before, l.files.idle(), l.own, l.dial)
	return d, err
}

// sameWay tells whether connections of one policy serve the other as well.
func (e *Egress) sameWay(o *Egress) bool {
	return slices.Equal(e.Allow, o.Allow) && slices.Equal(e.AllowHTTP, o.AllowHTTP) && bytes.Equal(e.CA, o.CA) &&
		e.Proxy.same(o.Proxy) && e.DNSServer == o.DNSServer
}
