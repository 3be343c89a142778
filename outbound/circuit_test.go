package outbound

import (
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestWhatAnAttemptTellsOfItsReceiver(t *testing.T) {
	for _, tt := range []struct {
		state  event.State
		class  event.Class
		status int
		want   hearing
	}{
		{event.Delivered, event.OK, 200, answered},
		{event.Delivered, event.OK, 500, answered}, // what counts as success is one
		{event.Pending, event.Status, 404, answered},
		{event.Pending, event.Status, 429, answered},
		{event.Failed, event.Gone, 410, answered},
		{event.Pending, event.Redirect, 302, answered},
		{event.Pending, event.Status, 500, failed},
		{event.Failed, event.Status, 599, failed},
		{event.Pending, event.DNS, 0, failed},
		{event.Pending, event.Refused, 0, failed},
		{event.Pending, event.Reset, 0, failed},
		{event.Pending, event.Timeout, 0, failed},
		{event.Pending, event.TLS, 0, failed},
		{event.Pending, event.Proxy, 0, failed},
		{event.Pending, event.BadResponse, 0, unclear},
		{event.Pending, event.BlockedAddress, 0, unclear},
		{event.Pending, event.Auth, 0, unclear},
		{event.Failed, event.Mapping, 0, nothing},
		{event.Failed, event.TooLarge, 0, nothing},
		{event.Failed, event.Filter, 0, nothing},
		{event.Failed, event.Crash, 0, nothing},
	} {
		o := &queue.Outcome{State: tt.state, Class: tt.class, Attempt: &event.Attempt{Class: tt.class, Status: tt.status}}
		if got := hear(o); got != tt.want {
			t.Errorf("%s %s %d: %d, want %d", tt.state, tt.class, tt.status, got, tt.want)
		}
	}
	if got := hear(&queue.Outcome{State: event.Failed, Class: event.Expired}); got != nothing {
		t.Errorf("an expired one: %d", got)
	}
}

var tight = Circuit{Failures: 3, ProbeAfter: 5 * time.Second, MaxWait: 12 * time.Second}

// second is a time so many seconds after an arbitrary one.
func second(n float64) time.Time {
	return time.Unix(1_781_683_200, 0).Add(time.Duration(n * float64(time.Second)))
}

func TestACircuitCountsFailuresInARow(t *testing.T) {
	for _, tt := range []struct {
		name string
		row  string // f failed, a answered, u unclear, n not asked; in upper case of another delivery
		want bool
	}{
		{"three in a row", "ffF", true},
		{"one delivery alone", "fffffff", false},
		{"one delivery alone, then another", "ffffffF", true},
		{"too few", "fF", false},
		{"an answer between", "fFafF", false},
		{"what tells nothing does not break the row", "funF", false},
		{"what tells nothing does not break the row, nor count", "funFf", true},
		{"another delivery before the answer", "FaFFFF", false},
	} {
		var c circuit
		for i, r := range tt.row {
			d := "one"
			if r < 'a' {
				d, r = "other", r+'a'-'A'
			}
			h := map[rune]hearing{'f': failed, 'a': answered, 'u': unclear, 'n': nothing}[r]
			c.learn(trial{delivery: d, began: second(float64(i))}, h, tight, second(float64(i)))
		}
		if c.isOpen() != tt.want {
			t.Errorf("%s: open %v", tt.name, c.isOpen())
		}
	}
}

func TestWithoutFailuresThereIsNoCircuit(t *testing.T) {
	var c circuit
	for i := range 100 {
		c.learn(trial{delivery: string(rune('a' + i%7)), began: second(0)}, failed, Circuit{}, second(1))
	}
	if c.isOpen() || c.allows(second(2), 0).limit != rate.Inf {
		t.Errorf("%+v", c)
	}
}

// broken is a circuit that opened at 0.
func broken() circuit {
	var c circuit
	for i := range 3 {
		c.learn(trial{delivery: string(rune('a' + i)), began: second(-1)}, failed, tight, second(0))
	}
	return c
}

func TestProbesGoOneByOneAndLessAndLess(t *testing.T) {
	c := broken()
	begin := 0.0
	for _, wait := range []float64{5, 10, 12, 12} {
		if a := c.allows(second(begin+wait-0.001), 0); a.most != 0 || !a.until.Equal(second(begin+wait)) || c.begin(second(begin+wait-0.001)) {
			t.Fatalf("before the probe at %v: %+v", begin+wait, a)
		}
		begin += wait
		if a := c.allows(second(begin), 2); a.most != 3 || !c.begin(second(begin)) {
			t.Fatalf("no probe at %v beside two under way: %+v", begin, a)
		}
		if a := c.allows(second(begin), 3); a.most != 0 || !a.until.IsZero() || c.begin(second(begin)) {
			t.Fatalf("a second probe at %v", begin)
		}
		if c.learn(trial{delivery: "late", began: second(-1)}, failed, tight, second(begin)); !c.probing {
			t.Fatal("a late failure passes for the probe's")
		}
		c.learn(trial{delivery: "x", began: second(begin), probe: true}, failed, tight, second(begin))
	}
	if !c.opened.Equal(second(0)) {
		t.Errorf("open since %s", c.opened)
	}
}

func TestAProbeThatTellsNothingIsMadeAgain(t *testing.T) {
	c := broken()
	c.begin(second(5))
	c.learn(trial{delivery: "x", began: second(5), probe: true}, nothing, tight, second(6))
	if !c.begin(second(6)) {
		t.Error("a delivery that was not sent used up the probe")
	}
	c.learn(trial{delivery: "x", began: second(6), probe: true}, unclear, tight, second(7))
	if c.begin(second(11)) || !c.begin(second(12)) {
		t.Errorf("after an unclear answer: %+v", c)
	}
}

func TestAnAnswerClosesTheCircuitIntoARamp(t *testing.T) {
	for _, late := range []bool{false, true} {
		c := broken()
		if !late {
			c.begin(second(5))
		}
		if got := c.learn(trial{delivery: "x", began: second(-1), probe: !late}, answered, tight, second(6)); got != closes {
			t.Fatalf("turned %d", got)
		}
		most, limit := 1, rate.Limit(10)
		for step := range rampSteps {
			a := c.allows(second(6.5+float64(step)), 0)
			if a.most != most || a.limit != limit || !a.until.Equal(second(7+float64(step))) {
				t.Errorf("step %d: %+v", step, a)
			}
			most, limit = 2*most, 2*limit
		}
		if a := c.allows(second(16), 0); a.most < 1000 || a.limit != rate.Inf || !a.until.IsZero() {
			t.Errorf("after the ramp: %+v", a)
		}
	}
}

func TestFailuresFromBeforeItClosedDoNotCount(t *testing.T) {
	c := broken()
	c.begin(second(5))
	c.learn(trial{delivery: "x", began: second(5), probe: true}, answered, tight, second(6))
	for i := range 9 {
		c.learn(trial{delivery: string(rune('a' + i)), began: second(5.5)}, failed, tight, second(7))
	}
	if c.isOpen() {
		t.Error("it opened by failures that were under way when it closed")
	}
	for i := range 3 {
		c.learn(trial{delivery: string(rune('a' + i)), began: second(6)}, failed, tight, second(8))
	}
	if !c.isOpen() {
		t.Error("it stays closed in its ramp")
	}
}
