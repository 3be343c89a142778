package expr

import (
	"strconv"
	"time"
)

// A Budget bounds what the expressions of a scope may cost.
type Budget struct {
	Steps  int              // items gone through, and texts by their length; 0: 1,000,000
	Time   time.Duration    // 0: 50 ms
	Shared bool             // one for all of the scope, each evaluation getting half of what is left; false: each has its own
	Clock  func() time.Time // nil: time.Now
}

const (
	maxSteps  = 1_000_000
	maxTime   = 50 * time.Millisecond
	maxMemory = 8 << 20 // bytes of texts and items that one evaluation makes
	maxItems  = 100_000 // of one list
	maxCells  = 200_000 // items and members of the lists and objects that one evaluation makes

	// lookEvery is how many steps go by between two looks at the clock. Up to the
	// first look no time is taken: what is over by then costs no look at all.
	lookEvery = 1024
)

const errMemory = fault("it makes more than 8 MiB of values")

// filled is the budget with its defaults.
func (b Budget) filled() Budget {
	if b.Steps == 0 {
		b.Steps = maxSteps
	}
	if b.Time == 0 {
		b.Time = maxTime
	}
	if b.Clock == nil {
		b.Clock = time.Now
	}
	return b
}

// A meter counts what one evaluation costs.
type meter struct {
	steps, granted int // left, and at the start
	look           int // how many steps are left when the clock is looked at next
	memory         int // bytes left
	time           time.Duration
	shared         bool
	clock          func() time.Time
	began, now     time.Time // by the clock's first and last look; zero before
	failed         error     // once there is no more
}

// start makes the meter one of a new evaluation.
func (m *meter) start(b Budget) {
	if b.Shared {
		b.Steps, b.Time = (b.Steps+1)/2, (b.Time+1)/2
	}
	*m = meter{steps: b.Steps, granted: b.Steps, look: max(0, b.Steps-lookEvery), memory: maxMemory, time: b.Time, shared: b.Shared, clock: b.Clock}
}

// spent takes what the evaluation has cost off a shared budget.
func (m *meter) spent(b *Budget) {
	if b.Shared {
		b.Steps -= m.granted - m.steps
		b.Time = max(0, b.Time-m.now.Sub(m.began))
	}
}

// spend counts steps, and fails when there are no more, or no more time.
func (m *meter) spend(steps int) error {
	if m.steps -= steps; m.steps > m.look {
		return nil
	}
	return m.check()
}

func (m *meter) check() error {
	if m.failed != nil {
		return m.failed
	}
	if m.steps < 0 {
		m.steps = 0
		return m.fail("it takes more than " + strconv.Itoa(m.granted) + " steps")
	}
	m.look = max(0, m.steps-lookEvery)
	m.now = m.clock()
	if m.began.IsZero() {
		m.began = m.now
	}
	if m.now.Sub(m.began) > m.time {
		return m.fail("it takes longer than " + m.time.String())
	}
	return nil
}

// fail is for good: whatever is spent from now on fails too.
func (m *meter) fail(message string) error {
	if m.shared {
		message += ", half of what was left for the filters of this event"
	}
	m.failed, m.look = fault(message), m.steps
	return m.failed
}

// read counts what it takes to go through a text.
func (m *meter) read(bytes int) error { return m.spend(bytes >> 8) }

// write counts a text before it is made.
func (m *meter) write(bytes int) error {
	if bytes > maxOutput {
		return errOutput
	}
	return m.keep(bytes)
}

// items counts a list before it is made.
func (m *meter) items(n int) error {
	if n > maxItems {
		return fault("it makes a list of more than " + strconv.Itoa(maxItems) + " items")
	}
	if err := m.spend(n); err != nil {
		return err
	}
	return m.keep(16 * n)
}

func (m *meter) keep(bytes int) error {
	if m.memory -= bytes; m.memory < 0 {
		return errMemory
	}
	return m.read(bytes)
}
