package outbound

import (
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/underway"
	"github.com/posternhq/postern/queue"
)

const (
	mostCrashes = 3           // then it is parked
	aside       = time.Second // how long one that has to be attempted alone steps aside
)

// admit puts an attempt on record before it begins. A delivery whose attempts
// ended the process three times is not admitted but parked. One that was under
// way at two such ends is attempted alone among its like, so that the third end
// tells which of them it was; until then it steps aside, uncharged.
//
// What was admitted is over some time; with put, nothing was, and the delivery
// goes on by that.
func (l *Lanes) admit(d *event.Delivery) (in admission, put *queue.Outcome) {
	crashes := l.underway.Crashes(d.ID)
	alone := crashes == mostCrashes-1
	switch {
	case crashes >= mostCrashes:
		if err := l.underway.Forget(d.ID); err != nil { // a replay begins anew
			l.unrecorded(err)
		}
		return in, parked(crashes)
	case alone && !l.suspected.CompareAndSwap(false, true):
		return in, &queue.Outcome{State: event.Pending, Class: d.Class, Wait: aside}
	}
	job, err := l.underway.Begin(d.ID)
	if err != nil {
		l.unrecorded(err)
	}
	return admission{job, alone}, nil
}

// An admission is what an attempt has from its beginning to its end.
type admission struct {
	job   underway.Job
	alone bool
}

func (l *Lanes) over(a admission) {
	if err := a.job.End(); err != nil {
		l.unrecorded(err)
	}
	if a.alone {
		l.suspected.Store(false)
	}
}

func parked(crashes int) *queue.Outcome {
	text := fmt.Sprintf("Postern ended %d times while it made an attempt for this delivery: it makes none again before a replay", crashes)
	return &queue.Outcome{State: event.Failed, Class: event.Crash,
		Attempt: &event.Attempt{At: time.Now().UTC().Round(0), Class: event.Crash, Error: text}}
}

// unrecorded says once that attempts are not on record, and why.
func (l *Lanes) unrecorded(err error) {
	if !l.offRecord.Swap(true) {
		l.log.Warn("the start of an attempt could not be recorded: should it end the process, nothing would tell", zap.Error(err))
	}
}
