package embedded

import (
	"cmp"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
)

// Options of a line. The zero value is ready for use.
type Options struct {
	// MaxBytes is how much may be kept, waiting and history: 0 is 1 GiB. What
	// waits is never discarded for it, history is.
	MaxBytes int64

	// How long ended deliveries are kept: 0 is 24 hours for delivered and
	// skipped ones (and events that owed nothing), 720 hours for failed ones;
	// negative is not at all. They go with a Sweep, up to five minutes later.
	RetainDelivered time.Duration
	RetainFailed    time.Duration

	// Tables is how many of Pebble's tables are kept open; 0: about a thousand. More
	// are while they are read.
	Tables int

	Log *zap.Logger // nil: none

	// Synced is told how long each Accept took to get to disk; nil: nobody.
	Synced func(time.Duration)

	// Recovering is called while Open gets on, at every step and every few thousand
	// records; nil: nobody is.
	Recovering func()

	// Free tells how much of the file system that holds dir is free, in bytes;
	// nil: asks it. Below 5 % of the total, at most 512 MiB, Accept refuses.
	Free func(dir string) (free, total int64, err error)

	// Fatal ends the process, and does not return: Pebble can't go on, in a
	// goroutine of its own, where nothing can be recovered. nil: panics.
	Fatal func(error)

	// FS holds the files; nil: the disk. With any other, Free nil means that
	// there is no floor, and the lock is that of FS.
	FS vfs.FS

	Now func() time.Time // nil: time.Now
}

func (o Options) withDefaults() Options {
	o.MaxBytes = cmp.Or(o.MaxBytes, 1<<30)
	o.RetainDelivered = max(0, cmp.Or(o.RetainDelivered, 24*time.Hour))
	o.RetainFailed = max(0, cmp.Or(o.RetainFailed, 720*time.Hour))
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Synced == nil {
		o.Synced = func(time.Duration) {}
	}
	if o.Fatal == nil {
		o.Fatal = func(err error) { panic(fatal{err}) }
	}
	if o.Recovering == nil {
		o.Recovering = func() {}
	}
	if o.Free == nil && o.FS == nil {
		o.Free = statfs
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
