package outbound

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/queue"
)

// heard tells a lane's circuit how an attempt ended. An attempt by a plan that
// knew another receiver tells nothing.
func (l *Lanes) heard(n *lane, w *Webhook, t trial, o *queue.Outcome, now time.Time) {
	reason := ""
	if o.Attempt != nil {
		reason = o.Attempt.Error
	}
	l.mu.Lock()
	var turned turn
	var probe time.Time
	var since time.Duration
	c := &n.circuit
	if current := l.current.Load().plan.Webhooks[n.name]; sameReceiver(w, current) && l.suspended[n.name] == nil {
		c.of = w.Fingerprint
		opened := c.opened
		if turned = c.learn(t, hear(o), current.Circuit, now); turned == opens {
			c.reason = reason
		}
		probe, since = c.probe, now.Sub(opened)
	} else if t.probe {
		c.probing = false
	}
	if turned != stays {
		l.wake(n) // to write it down; the end of the attempt kicks
	}
	l.mu.Unlock()
	switch turned {
	case opens:
		l.log.Warn("circuit opened: the receiver is left alone but for probes", zap.String("webhook", n.name),
			zap.String("reason", reason), zap.Time("next_probe_at", probe.UTC()))
	case closes:
		l.log.Info("circuit closed: the receiver answers again", zap.String("webhook", n.name), zap.Duration("open_for", since))
	}
}

// circuitMark is what is to be remembered of a lane's circuit; nil when it is
// closed. A lane that no webhook has keeps what the line remembers.
func (l *Lanes) circuitMark(lane string) *mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.lane(lane)
	c := &n.circuit
	switch {
	case c.of == "" || n.noted != nil && n.noted.Since.Equal(c.opened):
		return n.noted
	case !c.isOpen():
		return nil
	}
	return newMark(c.reason, c.of, c.opened)
}

// remember has the line know how a lane's circuit stands, if it doesn't. It is
// not urgent: what a crash forgets is found out again.
func (l *Lanes) remember(n *lane) {
	if !l.unnoted(n) {
		return
	}
	defer l.pulse.Turn("note a circuit in the line", longestTurn).End()
	l.noting.Lock() // one at a time, so that a swap waits for one at most
	defer l.noting.Unlock()
	l.order.Lock()
	defer l.order.Unlock()
	if err := l.keep(context.Background(), n.name, l.suspension(n.name)); err != nil {
		l.lineFailed(err)
	}
}

func (l *Lanes) unnoted(n *lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.circuit.of == "" {
		return false
	}
	if n.noted == nil {
		return n.circuit.isOpen()
	}
	return !n.noted.Since.Equal(n.circuit.opened)
}

// rewire fits the circuits to a plan, before the first attempt by it. An open
// one stays so for the same receiver; if the way to it is another, the next
// probe is due at once.
func (l *Lanes) rewire(old, d *Draft) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, w := range d.plan.Webhooks {
		n := l.lane(name)
		if n.circuit.of == "" {
			n.circuit = n.remembered(w, now)
			l.places.expect(&n.share, n.circuit.isOpen())
		}
		c := &n.circuit
		switch {
		case w.Circuit.Failures == 0:
			*c = circuit{}
		case !c.isOpen():
		case c.of != w.Fingerprint:
			c.close(now)
			l.log.Info("circuit closed: the webhook was changed", zap.String("webhook", name))
		case old != nil && !old.sameWay(d, name):
			c.wait, c.probe = w.Circuit.first(), now
		default:
			c.wait = min(c.wait, w.Circuit.MaxWait)
			c.probe = earlier(c.probe, now.Add(c.wait))
		}
		if c.of != w.Fingerprint {
			c.row, c.of = 0, w.Fingerprint
		}
	}
}

// remembered is the circuit of a webhook as the line knew it: open, if it is
// the one whose circuit was. The waits begin anew.
func (n *lane) remembered(w *Webhook, now time.Time) circuit {
	c := circuit{of: w.Fingerprint}
	if m := n.noted; m != nil && m.of(w.Fingerprint) {
		c.opened, c.reason, c.wait = m.Since, m.Reason, w.Circuit.first()
		c.probe = now.Add(c.wait)
	}
	return c
}

// sameWay tells whether attempts of a webhook are made under the same conditions by both.
func (d *Draft) sameWay(o *Draft, name string) bool {
	a, b := d.plan.Webhooks[name], o.plan.Webhooks[name]
	return a != nil && b != nil && a.Timeout == b.Timeout && d.clients.ways[a.TLS.key()] == o.clients.ways[b.TLS.key()]
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// probeNow makes the next probe of an open circuit due.
func (l *Lanes) probeNow(webhook string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.lanes[webhook]; n != nil && n.circuit.isOpen() {
		n.circuit.probe = time.Now()
		l.wake(n)
		n.kick()
	}
}
