package outbound

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/internal/metrics"
	"github.com/posternhq/postern/internal/pulse"
	"github.com/posternhq/postern/internal/underway"
	"github.com/posternhq/postern/queue"
)

// Options of Lanes.
type Options struct {
	Line    queue.Line       // required
	Log     *zap.Logger      // nil: none
	Metrics *metrics.Metrics // nil: none
	Pulse   *pulse.Pulse     // is told of the turns of loops; nil: nobody is
	Version string           // in User-Agent
	Jitter  func() float64   // in [0, 1); nil: random

	// Underway has the attempts on record; nil: none is.
	Underway *underway.Jobs

	// Files is how many there are to share with the line and the doors; 0: any number.
	Files int
	// Own are addresses of our own doors, which no webhook may reach; nil: none.
	Own func() []netip.AddrPort
	// Ended is told of every lease that was settled, for `demo` and logs; nil: nobody.
	Ended func(Report)
}

// Lanes is the messenger: it takes what is due from the line and delivers it by
// the plan in force.
type Lanes struct {
	line      queue.Line
	log       *zap.Logger
	metrics   *metrics.Metrics
	pulse     *pulse.Pulse
	ended     func(Report)
	own       func() []netip.AddrPort
	files     files
	dial      dialFunc // of tests; nil: the guarded dialer
	messenger messenger

	current atomic.Pointer[Draft]
	places  places
	crew    *crew
	failing atomic.Bool // the line: said once, not by every lane

	underway  *underway.Jobs
	suspected atomic.Bool // one that is attempted alone is under way
	offRecord atomic.Bool // said once

	bell  chan struct{}
	asked chan chan<- struct{} // of Run, whether it goes round

	noting  sync.Mutex // before order: circuits are written down one by one
	order   sync.Mutex // one change of standing after the other, disk included
	learned bool       // under order

	mu        sync.Mutex // what follows; never held over I/O
	lanes     map[string]*lane
	woken     []*lane // for Run to begin
	suspended map[string]*mark
}

// New makes a messenger that has no plan yet.
func New(o Options) *Lanes {
	l := &Lanes{
		line: o.Line, log: o.Log, metrics: o.Metrics, pulse: o.Pulse, ended: o.Ended, own: o.Own, files: files(o.Files), underway: o.Underway,
		crew:      newCrew(),
		bell:      make(chan struct{}, 1),
		asked:     make(chan chan<- struct{}),
		lanes:     map[string]*lane{},
		suspended: map[string]*mark{},
	}
	if l.log == nil {
		l.log = zap.NewNop()
	}
	if l.ended == nil {
		l.ended = func(Report) {}
	}
	l.messenger = messenger{agent: "postern/" + headerSafe(o.Version), jitter: o.Jitter, log: l.log}
	if l.messenger.jitter == nil {
		l.messenger.jitter = rand.Float64
	}
	return l
}

// Swap puts a draft in force. It can't fail. Attempts under way end by the plan
// that they began with. Lanes that the plan stops or lets go have their clocks
// stopped and started; suspensions whose webhook changed are lifted.
func (l *Lanes) Swap(d *Draft) {
	l.order.Lock()
	defer l.order.Unlock()
	old := l.current.Swap(d)
	l.places.resize(l.bounded(d.plan), l.wishes(d.plan))
	l.rewire(old, d)
	l.lift(d.plan)
	l.restand()
	l.letGoAll(old, d)
	l.mu.Lock()
	for _, n := range l.lanes {
		if old == nil {
			l.wake(n)
		} else if !sameReceiver(old.plan.Webhooks[n.name], d.plan.Webhooks[n.name]) {
			n.held = time.Time{} // somebody else asked for it
		}
		n.kick() // concurrency or rate may be another
	}
	l.mu.Unlock()
	if old != nil {
		old.clients.closeBut(d.clients)
	}
}

// wishes are the attempts that the lanes may want at once, under a plan that has
// made them.
func (l *Lanes) wishes(p *Plan) map[*share]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range p.Webhooks {
		l.lane(name)
	}
	wishes := make(map[*share]int, len(l.lanes))
	for name, n := range l.lanes {
		wishes[&n.share] = 0
		if w := p.Webhooks[name]; w != nil && w.Active {
			wishes[&n.share] = max(w.Concurrency, 1)
		}
	}
	return wishes
}

// Wake tells that lanes may have something due. It does not block.
func (l *Lanes) Wake(lanes ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range lanes {
		l.wake(l.lane(name))
	}
}

// Run delivers until ctx is cancelled, which stops taking; it then waits for the
// attempts under way, at most as long as drain says at that moment, breaks off
// the rest (released, not charged) and returns.
func (l *Lanes) Run(ctx context.Context, drain func() time.Duration) error {
	attempts, breakOff := context.WithCancel(context.WithoutCancel(ctx))
	defer breakOff()
	for _, n := range l.every() {
		l.Wake(n.name)
	}
	var all sync.WaitGroup
	goRound := func() {
		for _, n := range l.begin() {
			all.Go(func() { l.serve(ctx, attempts, &all, n) })
		}
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.bell:
			goRound()
		case answer := <-l.asked:
			goRound()
			close(answer)
		}
	}
	impatience := time.AfterFunc(drain(), breakOff)
	defer impatience.Stop()
	all.Wait()
	for _, n := range l.every() {
		l.remember(n)
	}
	if d := l.current.Load(); d != nil {
		d.clients.closeIdle()
	}
	return nil
}

// Beat has the loop of Run go round once, and returns when it has. It fails only
// when ctx ends before: a loop that is stuck answers nobody.
func (l *Lanes) Beat(ctx context.Context) error {
	answer := make(chan struct{})
	select {
	case l.asked <- answer:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-answer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// every lists the lanes that are known.
func (l *Lanes) every() []*lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*lane, 0, len(l.lanes))
	for _, n := range l.lanes {
		all = append(all, n)
	}
	return all
}

// begin hands over the lanes that were woken and have no goroutine.
func (l *Lanes) begin() []*lane {
	defer l.pulse.Turn("begin the lanes that were woken", longestTurn).End()
	l.mu.Lock()
	defer l.mu.Unlock()
	woken := l.woken
	l.woken = nil
	return woken
}

// lane finds or makes a lane. The caller holds mu.
func (l *Lanes) lane(name string) *lane {
	n := l.lanes[name]
	if n == nil {
		n = newLane(name)
		l.lanes[name] = n
	}
	return n
}

// wake tells a lane that something may be due, and has it begun if it rests. One
// that knows so already is left in peace: it waits for something else. The
// caller holds mu.
func (l *Lanes) wake(n *lane) {
	knows := n.due
	n.due = true
	if n.serving {
		if !knows {
			n.kick()
		}
		return
	}
	n.serving = true
	l.woken = append(l.woken, n)
	select {
	case l.bell <- struct{}{}:
	default:
	}
}
