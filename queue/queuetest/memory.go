package queuetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

const remembered = 24 * time.Hour // ids

// Memory is a line in memory. It works in a synctest bubble.
type Memory struct {
	o Options

	mu         sync.Mutex
	last       time.Time     // the latest that was read
	ahead      time.Duration // of the wall clock, which was set back
	closed     bool
	lives      int // how often it was opened: a lease of an earlier life is void
	seq        int
	events     []*stored // oldest first
	ids        map[string]known
	deliveries map[string]*delivery
	lanes      map[string]*lane
	bytes      int64
	discarded  map[queue.Discard]int64
}

type stored struct {
	event event.Event
	owed  []*delivery
	size  int64
	at    time.Time // acceptance
}

// known is an id (or, under "key:", an Idempotency-Key) that was accepted.
type known struct {
	event *stored
	at    time.Time
}

type delivery struct {
	d        event.Delivery
	seq      int
	lane     *lane
	event    *stored
	due, age time.Duration // by the clock of the lane: next attempt, acceptance
	ended    time.Time
	number   int // of the last attempt
	leased   bool
	order    queue.Order
}

type lane struct {
	name    string
	stood   time.Duration // how long the clock has stood still, until since
	since   time.Time     // stopped since then; zero: running
	note    []byte
	pending []*delivery
	rows    map[queue.Order]*row
}

// clock is the lane's time, counted from the year 1970.
func (l *lane) clock(now time.Time) time.Duration {
	if !l.since.IsZero() {
		now = l.since
	}
	return time.Duration(now.UnixNano()) - l.stood
}

// NewMemory makes an empty line.
func NewMemory(o Options) *Memory {
	return &Memory{
		o:          o.withDefaults(),
		ids:        map[string]known{},
		deliveries: map[string]*delivery{},
		lanes:      map[string]*lane{},
		discarded:  map[queue.Discard]int64{},
	}
}

// Reopen opens a closed line again with other options, as a restart would.
func (m *Memory) Reopen(o Options) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.o, m.closed, m.ahead = o.withDefaults(), false, 0
	m.lives++
	for _, d := range m.deliveries {
		d.leased = false
	}
	m.discarded = map[queue.Discard]int64{}
	m.now() // the clock goes on from here
	return m
}

func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now() // the clock stops here
	m.closed = true
	return nil
}

func (m *Memory) open() error {
	if m.closed {
		return queue.ErrUnavailable
	}
	return nil
}

// now never runs backwards.
func (m *Memory) now() time.Time {
	t := m.o.Now().Add(m.ahead)
	if back := m.last.Sub(t); back > 0 {
		m.ahead += back
		t = m.last
	}
	m.last = t
	return t
}

// wall is when the clock will have read on by d.
func (m *Memory) wall(d time.Duration) time.Time { return m.now().Add(d - m.ahead).UTC() }

func (m *Memory) lane(name string) *lane {
	l := m.lanes[name]
	if l == nil {
		l = &lane{name: name}
		m.lanes[name] = l
	}
	return l
}

func (m *Memory) Take(name string, n int) ([]queue.Lease, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return nil, time.Time{}, err
	}
	l := m.lanes[name]
	if l == nil || !l.since.IsZero() {
		return nil, time.Time{}, nil
	}
	now := m.now()
	slices.SortFunc(l.pending, func(a, b *delivery) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.seq, b.seq))
	})
	var leases []queue.Lease
	for _, d := range l.pending {
		if d.leased || d.waitsForOthers() {
			continue
		}
		if d.due > l.clock(now) || len(leases) >= n {
			return leases, m.wall(d.due - l.clock(now)), nil
		}
		d.leased = true
		out := m.show(d, now)
		ev := d.event.event
		out.Event, out.Age = &ev, l.clock(now)-d.age
		leases = append(leases, &lease{m: m, d: d, life: m.lives, out: out})
	}
	return leases, time.Time{}, nil
}

// show is a copy of a delivery as it is to be seen now.
func (m *Memory) show(d *delivery, now time.Time) event.Delivery {
	out := d.d
	out.Attempts = slices.Clone(d.d.Attempts)
	if r := d.lane.rows[d.order]; out.State == event.Pending && d.waitsForOthers() {
		out.Behind = r.ahead()
	} else if out.State == event.Pending && d.lane.since.IsZero() {
		out.Next = m.wall(d.due - d.lane.clock(now))
	}
	return out
}

func (m *Memory) Stop(ctx context.Context, lanes map[string]bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return err
	}
	now := m.now()
	for name, stop := range lanes {
		l := m.lane(name)
		switch {
		case stop && l.since.IsZero():
			l.since = now
		case !stop && !l.since.IsZero():
			l.stood += now.Sub(l.since)
			l.since = time.Time{}
		}
	}
	return nil
}

func (m *Memory) Note(ctx context.Context, name string, note []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return err
	}
	if len(note) > 4096 {
		return fmt.Errorf("a note of %d bytes: at most 4096 are kept", len(note))
	}
	m.lane(name).note = bytes.Clone(note)
	return nil
}

func (m *Memory) Lanes(ctx context.Context) ([]queue.Lane, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return nil, err
	}
	byName := map[string]*queue.Lane{}
	for name, l := range m.lanes {
		byName[name] = &queue.Lane{Name: name, Stopped: !l.since.IsZero(), Note: bytes.Clone(l.note)}
	}
	for _, d := range m.deliveries {
		l := byName[d.lane.name]
		switch d.d.State {
		case event.Pending:
			l.Pending++
			if l.Oldest.IsZero() || d.d.Created.Before(l.Oldest) {
				l.Oldest = d.d.Created
			}
		case event.Delivered:
			l.Delivered++
		case event.Failed:
			l.Failed++
			if d.d.Holds {
				l.Holding++
			}
		case event.Skipped:
			l.Skipped++
		}
	}
	var out []queue.Lane
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, *byName[name])
	}
	return out, nil
}

func (m *Memory) Stats() queue.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return queue.Stats{Bytes: m.bytes, MaxBytes: m.o.MaxBytes, FreeBytes: -1, Discarded: maps.Clone(m.discarded)}
}
