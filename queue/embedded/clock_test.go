package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// A wallClock can be set, as an administrator or a time server does, and a machine
// that sleeps: what the process measures by, the monotonic reading, knows nothing
// of it.
type wallClock struct {
	mu  sync.Mutex
	at  time.Time // with a monotonic reading
	off time.Duration
}

// newWallClock shows a time, whatever it is.
func newWallClock(shows time.Time) *wallClock {
	now := time.Now()
	return &wallClock{at: now, off: shows.Sub(now.Round(0))}
}

func (c *wallClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return shown(c.at, c.off)
}

// pass lets time go by.
func (c *wallClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// set moves the wall's clock, and no time goes by.
func (c *wallClock) set(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += by
}

// shown is t by a wall clock that is off, with the same monotonic reading. There
// is no way to say so but to put both together as package time has them.
func shown(t time.Time, off time.Duration) time.Time {
	type parts struct {
		wall uint64
		ext  int64
		loc  *time.Location
	}
	moved := t.Add(off)
	(*parts)(unsafe.Pointer(&moved)).ext = (*parts)(unsafe.Pointer(&t)).ext
	return moved
}

func TestAWallClockOfTheseTestsIsOne(t *testing.T) {
	c := newWallClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	begin := c.now()
	for _, by := range []time.Duration{day, -2 * day, 50 * year} {
		before := c.now()
		c.set(by)
		if after := c.now(); after.Sub(before) != 0 || after.Round(0).Sub(before.Round(0)) != by {
			t.Fatalf("set by %v, %v shows as %v", by, before, after)
		}
	}
	c.pass(time.Hour)
	if d := c.now().Sub(begin); d != time.Hour {
		t.Errorf("an hour goes by as %v", d)
	}
}

// again settles a lease: due again after a wait.
func again(t testing.TB, s queue.Lease, wait time.Duration) {
	t.Helper()
	err := s.Settle(t.Context(), queue.Outcome{State: event.Pending, Class: event.Timeout, Wait: wait, Attempt: &event.Attempt{Class: event.Timeout}})
	if err != nil {
		t.Fatal(err)
	}
}

// due lists the events that are due in a lane, and lets them go again.
func due(t testing.TB, l *Line, lane string) (ids []string, ages []time.Duration) {
	t.Helper()
	for _, s := range take(t, l, lane, 100) {
		ids, ages = append(ids, s.Delivery().EventID), append(ages, s.Delivery().Age)
		if err := s.Release(); err != nil {
			t.Fatal(err)
		}
	}
	return ids, ages
}

// A clock that is set while the process runs, and a machine that sleeps, make
// nothing due, old or forgotten, and hold nothing up.
func TestAClockThatIsSetMovesNothing(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour, 8 * time.Hour, day, -day, year, -year, 12 * year} {
		t.Run(fmt.Sprint(by), func(t *testing.T) {
			c := newWallClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			l := openMem(t, Options{Now: c.now})
			accept(t, l, entryOf("waits", "crm"), entryOf("ended", "erp"))
			again(t, take(t, l, "crm", 1)[0], time.Hour)
			settle(t, take(t, l, "erp", 1)[0], event.Failed)
			for range 3 {
				c.pass(10 * time.Minute)
				c.set(by)
				if ids, _ := due(t, l, "crm"); len(ids) > 0 {
					t.Fatal("it is due too soon")
				}
			}
			_, next, err := l.Take("crm", 1)
			if wait := next.Sub(c.now()); err != nil || wait != 30*time.Minute {
				t.Fatalf("to be asked again in %v, error %v", wait, err)
			}
			if shown := next.Round(0).Sub(c.now().Round(0)); shown != 30*time.Minute {
				t.Errorf("shown to people as due in %v", shown)
			}
			c.pass(30 * time.Minute)
			if ids, ages := due(t, l, "crm"); len(ids) != 1 || ages[0] != time.Hour {
				t.Errorf("due: %q, of age %v", ids, ages)
			}
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			onlyDelivery(t, l, "ended") // is kept
			if _, err := l.Accept(t.Context(), []queue.Entry{entryOf("waits", "crm")}); err != nil {
				t.Fatal(err)
			}
			if _, owed, err := l.Event(t.Context(), "waits"); err != nil || len(owed) != 1 {
				t.Errorf("its id is forgotten: %d deliveries, error %v", len(owed), err)
			}
		})
	}
}

// A restart goes by what the wall clock showed when the line was closed or was
// last written to, and so does not take for time gone by what somebody set.
func TestARestartCountsNoTimeThatNeverWas(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		shows  time.Time
		before time.Duration // the clock is set by so much while the line is open
		down   time.Duration
		while  time.Duration // and by so much while it is not
		old    time.Duration // what was accepted at the beginning is then so old
	}{
		"right":                              {began, 0, 3 * time.Hour, 0, 3*time.Hour + time.Minute},
		"forward before":                     {began, day, 3 * time.Hour, 0, 3*time.Hour + time.Minute},
		"back before":                        {began, -day, 3 * time.Hour, 0, time.Minute}, // it could be either
		"forward while it was down":          {began, 0, time.Hour, day, day + time.Hour + time.Minute},
		"back while it was down":             {began, 0, time.Hour, -day, time.Minute},
		"from 1970, and set before":          {time.Unix(30, 0), 56 * year, 3 * time.Hour, 0, 3*time.Hour + time.Minute},
		"from 1970, and set while down":      {time.Unix(30, 0), 0, time.Hour, 56 * year, time.Minute},
		"from 1970, and never set":           {time.Unix(30, 0), 0, time.Hour, 0, time.Minute},
		"to 1970, as after an empty battery": {began, 0, time.Hour, -56 * year, time.Minute},
		"to 2038 and later":                  {began, 20 * year, time.Hour, 0, time.Hour + time.Minute},
		"from 2100":                          {began.AddDate(74, 0, 0), -74 * year, time.Hour, 0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			c := newWallClock(tt.shows)
			o := Options{FS: vfs.NewMem(), Now: c.now}
			l := mustOpen(t, "data", o)
			accept(t, l, entryOf("waits", "crm"), entryOf("ended", "erp"))
			settle(t, take(t, l, "erp", 1)[0], event.Failed)
			c.pass(time.Minute)
			c.set(tt.before)
			mustClose(t, l)
			c.pass(tt.down)
			c.set(tt.while)
			l = openMem(t, o)
			ids, ages := due(t, l, "crm")
			if len(ids) != 1 || ages[0] != tt.old {
				t.Errorf("due: %q, of age %v, want %v", ids, ages, tt.old)
			}
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, _, err := l.Event(t.Context(), "ended"); err != nil {
				t.Errorf("what ended a while ago: %v", err)
			}
			accept(t, l, entryOf("later", "crm"))
			if ids, _ := due(t, l, "crm"); len(ids) != 2 || ids[1] != "later" {
				t.Errorf("due: %q", ids)
			}
		})
	}
}

// Even by a clock that has no monotonic reading, and is set to and fro under many
// hands, the line's own never runs backwards.
func TestTheClockNeverRunsBackwards(t *testing.T) {
	wall := newFakeClock()
	c := newClock(wall.now, mark{})
	const steps = 1000
	moves := []time.Duration{day, -time.Hour, 3 * day, -2 * day}
	var reading sync.WaitGroup
	for range 4 {
		reading.Go(func() {
			last := int64(0)
			for i := range steps {
				wall.advance(moves[i%len(moves)])
				now := c.read()
				if now < last {
					t.Errorf("%v after %v", time.Unix(0, now), time.Unix(0, last))
					return
				}
				last = now
			}
		})
	}
	reading.Wait()
	if passed := time.Duration(c.read() - c.base); passed < steps*day {
		t.Errorf("%v have gone by", passed)
	}
}

// Order is that of acceptance, whatever the clock shows meanwhile.
func TestOrderFollowsNoClockThatIsSet(t *testing.T) {
	c := newWallClock(time.Unix(60, 0))
	o := Options{FS: vfs.NewMem(), Now: c.now}
	l := mustOpen(t, "data", o)
	var want []string
	for i, by := range []time.Duration{0, 56 * year, -day, 2 * year, -2 * year, 0} {
		c.pass(time.Millisecond)
		c.set(by)
		want = append(want, fmt.Sprint("e", i))
		e := entryOf(want[i], "crm")
		e.Event.Accepted = c.now().UTC()
		accept(t, l, e)
		if i%2 == 1 {
			mustClose(t, l)
			l = mustOpen(t, "data", o)
		}
	}
	if ids, _ := due(t, l, "crm"); !slices.Equal(ids, want) {
		t.Errorf("due: %q", ids)
	}
	page, err := l.List(t.Context(), queue.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(want)
	for i, d := range page.Deliveries {
		if d.EventID != want[i] {
			t.Errorf("%s is listed as number %d, newest first", d.EventID, i)
		}
	}
	mustClose(t, l)
}

// After a clock that showed 1970 was set right, and a restart later, retention
// goes on from what it was.
func TestRetentionAfterAClockThatBeganIn1970(t *testing.T) {
	c := newWallClock(time.Unix(60, 0))
	o := Options{FS: vfs.NewMem(), Now: c.now}
	l := mustOpen(t, "data", o)
	accept(t, l, entryOf("e", "crm"))
	settle(t, take(t, l, "crm", 1)[0], event.Failed)
	c.set(56 * year)
	for _, gone := range []bool{false, true} {
		c.pass(15*day + time.Minute)
		mustClose(t, l)
		l = mustOpen(t, "data", o)
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := l.Event(t.Context(), "e"); errors.Is(err, queue.ErrNotFound) != gone {
			t.Errorf("gone: %t, error %v", gone, err)
		}
	}
	mustClose(t, l)
}

// Marks from before there were readings of the wall clock in them.
func TestAMarkWithoutAReading(t *testing.T) {
	v := binary.AppendUvarint(make([]byte, envelope), 4)
	m, err := decodeMark(seal(markKey, binary.AppendVarint(v, 5)))
	if err != nil || m != (mark{seq: 4, clock: 5}) {
		t.Fatalf("%+v, error %v", m, err)
	}
	now := newWallClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)).now
	if c := newClock(now, m); c.base != now().UnixNano() {
		t.Errorf("it goes on from %v", time.Unix(0, c.base))
	}
	if c := newClock(now, mark{clock: now().Add(day).UnixNano()}); c.base != now().Add(day).UnixNano() {
		t.Errorf("it goes on from %v, which is before", time.Unix(0, c.base))
	}
}
