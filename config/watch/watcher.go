package watch

import (
	"cmp"
	"context"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// A Watcher watches one configuration and the files that it is made from.
type Watcher struct {
	Path  string          // a directory or a file, as config.Read takes it
	Extra func() []string // further files, asked for at every look; nil: none

	// Known is what the caller makes of the contents, such as that they were
	// refused when somebody else had them read: a change of it counts as one of
	// the contents. nil: nothing.
	Known func() string

	Quiet time.Duration // how long nothing must happen before a look; 0: 250 ms
	Cap   time.Duration // how long a look can be put off by events; 0: 400 ms
	Poll  time.Duration // how often it looks without an event; 0: 500 ms, so that what no event tells is found within a second, too

	Log *zap.Logger // nil: none

	events func() (*fsnotify.Watcher, error) // nil: fsnotify.NewWatcher
}

// Run calls changed when the contents have changed, and once at the beginning,
// so that what changed before it watched isn't missed. It calls from its own
// goroutine, one call at a time; what changes during a call leads to another one.
// Nothing on disk ends it, and no lack of inotify. It returns nil, once ctx has
// ended.
func (w *Watcher) Run(ctx context.Context, changed func(context.Context)) error {
	log := w.Log
	if log == nil {
		log = zap.NewNop()
	}
	poll := time.NewTicker(cmp.Or(w.Poll, 500*time.Millisecond))
	defer poll.Stop()
	hooks := &hooks{open: w.events, log: log}
	defer hooks.close()
	replaced := &replaced{log: log}

	look := func() contents {
		c := w.contents(ctx)
		if hooks.set(places(w.Path, c.extra)) { // what changed before nobody would tell
			c = w.contents(ctx)
		}
		replaced.check(c.files)
		replaced.check(c.extra)
		return c
	}
	wait := burst{quiet: cmp.Or(w.Quiet, 250*time.Millisecond), cap: cmp.Or(w.Cap, 400*time.Millisecond)}
	rest := time.NewTimer(0) // the call at the beginning
	defer rest.Stop()
	hooks.set(places(w.Path, w.extra()))

	var last contents // that were told of
	var half string   // what was found while somebody was still writing
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hooks.hints():
			rest.Reset(wait.hint(time.Now()))
		case <-hooks.troubles(): // such as an overflow: events are lost
			rest.Reset(wait.hint(time.Now()))
		case <-poll.C:
			if !wait.on() && look().sum != last.sum {
				rest.Reset(wait.hint(time.Now()))
			}
		case <-rest.C:
			stirring := wait.over(time.Now())
			c := look()
			if c.sum == last.sum || ctx.Err() != nil {
				continue
			}
			if stirring && c.sum != half { // it may be half written
				half = c.sum
				rest.Reset(wait.hint(time.Now()))
				continue
			}
			last = c
			changed(ctx)
			if look().sum != last.sum { // meanwhile, or there are other files to watch
				rest.Reset(wait.hint(time.Now()))
			}
		}
	}
}

// A burst puts off a look while hints come in.
type burst struct {
	quiet, cap time.Duration
	end        time.Time // of this burst at the latest; zero: there is none
	latest     time.Time // hint
}

// hint takes a hint and returns how long to wait for the next one.
func (b *burst) hint(now time.Time) time.Duration {
	if b.end.IsZero() {
		b.end = now.Add(b.cap)
	}
	b.latest = now
	return max(0, min(b.quiet, b.end.Sub(now)))
}

func (b *burst) on() bool { return !b.end.IsZero() }

// over ends a burst, and tells whether it was broken off: hints still come in.
func (b *burst) over(now time.Time) (stirring bool) {
	stirring = b.on() && now.Sub(b.latest) < b.quiet
	b.end = time.Time{}
	return stirring
}
