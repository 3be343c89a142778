package embedded

import (
	"fmt"
	"runtime"
	"strings"

	"go.uber.org/zap"
)

// fatal is what pebbleLog panics with.
type fatal struct{ error }

// pebbleLog is Pebble's logger. Pebble calls Fatalf where it can't go on, and
// would go on, with success for an answer, if Fatalf returned. In a call of ours
// it panics, and catch makes a broken store of that; in a goroutine of Pebble's
// own nobody could catch it, so it ends the process.
type pebbleLog struct {
	*zap.Logger
	die func(error)
}

func (l pebbleLog) Infof(format string, args ...any)  { l.Sugar().Debugf(format, args...) }
func (l pebbleLog) Errorf(format string, args ...any) { l.Sugar().Errorf(format, args...) }
func (l pebbleLog) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	l.Error("the storage can't go on", zap.Error(err))
	if !called() {
		l.die(fmt.Errorf("the storage can't go on: %w; what was accepted is on disk, and goes on after a restart", err))
	}
	panic(fatal{err})
}

const storeMethods = "/queue/embedded.(*store)."

// called tells whether a method of a store is at work further down on this stack.
func called() bool {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, storeMethods) {
			return true
		}
		if !more {
			return false
		}
	}
}
