package queuetest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/queue"
)

func TestMemoryKeepsThePromise(t *testing.T) {
	lines := map[string]*Memory{} // by Dir
	Run(t, func(t *testing.T, o Options) queue.Line {
		if m := lines[o.Dir]; m != nil {
			return m.Reopen(o)
		}
		lines[o.Dir] = NewMemory(o)
		return lines[o.Dir]
	})
}

func TestMemoryRunsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, Line: NewMemory(Options{}), clock: &clock{at: time.Now()}, ctx: t.Context()}
		r.accept(r.entry("e1", "crm"))
		r.again(r.one("crm"), time.Hour)
		_, again, err := r.Take("crm", 1)
		r.must(err)
		time.Sleep(time.Until(again))
		r.one("crm")
	})
}
