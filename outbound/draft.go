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
}

// Draft does everything of a new plan that can fail, and changes nothing.
func (l *Lanes) Draft(p *Plan) (*Draft, error) {
	if err := l.learn(); err != nil {
		return nil, err
	}
	d := &Draft{plan: p, scrub: newScrubber(p)}
	if now := l.current.Load(); now != nil && now.plan.Egress.sameWay(&p.Egress) {
		d.clients = now.clients
		return d, nil
	}
	c, err := newClients(&p.Egress, l.own, l.dial)
	d.clients = c
	return d, err
}

// sameWay tells whether connections of one policy serve the other as well.
func (e *Egress) sameWay(o *Egress) bool {
	return slices.Equal(e.Allow, o.Allow) && slices.Equal(e.AllowHTTP, o.AllowHTTP) && bytes.Equal(e.CA, o.CA)
}
