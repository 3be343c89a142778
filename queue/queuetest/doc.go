// Package queuetest holds every engine of the line to the promise in package
// queue, and has a small line in memory for the tests of the rooms that use one.
//
// Only tests import it. [Memory] passes the suite, keeps everything in maps
// behind one mutex, and forgets it all with the process.
package queuetest

import (
	"time"
)

// Options of an engine under test. Two engines opened with the same Dir are one
// line before and after a restart.
type Options struct {
	Dir             string           // where the line is; Memory needs none
	MaxBytes        int64            // 0: 1 GiB
	RetainDelivered time.Duration    // 0: 24 hours
	RetainFailed    time.Duration    // 0: 720 hours
	Now             func() time.Time // nil: time.Now
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 30
	}
	if o.RetainDelivered == 0 {
		o.RetainDelivered = 24 * time.Hour
	}
	if o.RetainFailed == 0 {
		o.RetainFailed = 720 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
