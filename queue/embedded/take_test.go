package embedded

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A model of one lane: due times by event, and the order among equals.
type model map[string]struct{ due, seq int }

func (m model) first(now int) (id string) {
	for k, p := range m {
		if best, ok := m[id]; p.due <= now && (!ok || p.due < best.due || p.due == best.due && p.seq < best.seq) {
			id = k
		}
	}
	return id
}

func TestTakeFollowsTheModel(t *testing.T) {
	for _, backlog := range []int{10, 1500} { // all of it in memory, and not
		t.Run(fmt.Sprint(backlog), func(t *testing.T) { followModel(t, backlog) })
	}
}

func followModel(t *testing.T, backlog int) {
	rng := rand.New(rand.NewPCG(3, 4))
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now})
	waits, now := model{}, 0
	ids := map[string]string{} // of deliveries, by event
	for i := range 6000 {
		switch k := rng.IntN(10); {
		case k < 3 || i < backlog:
			id := fmt.Sprint("e", i)
			accept(t, l, entryOf(id, "crm"))
			waits[id] = struct{ due, seq int }{now, i}
		case k < 4:
			now++
			clock.advance(time.Second)
		case k < 5 && len(waits) > 0: // a replay of something that waits
			for id, p := range waits {
				if _, err := l.Replay(t.Context(), ids[id]); ids[id] != "" && err != nil {
					t.Fatal(err)
				} else if ids[id] != "" {
					p.due = now
					waits[id] = p
				}
				break
			}
		default:
			id := waits.first(now)
			leases := take(t, l, "crm", 1)
			if len(leases) == 0 != (id == "") || id != "" && leases[0].Delivery().EventID != id {
				t.Fatalf("step %d: took %v, want %q", i, leases, id)
			}
			if id == "" {
				continue
			}
			ids[id] = leases[0].Delivery().ID
			switch rng.IntN(4) {
			case 0:
				if err := leases[0].Release(); err != nil {
					t.Fatal(err)
				}
			case 1:
				wait := rng.IntN(20)
				o := queue.Outcome{State: event.Pending, Wait: time.Duration(wait) * time.Second}
				if err := leases[0].Settle(t.Context(), o); err != nil {
					t.Fatal(err)
				}
				p := waits[id]
				p.due = now + wait
				waits[id] = p
			default:
				settle(t, leases[0], event.Delivered)
				delete(waits, id)
			}
		}
	}
	checkCounts(t, l)
	if n := l.Stats().Corrupt; n != 0 {
		t.Errorf("%d places led nowhere", n)
	}
	if n := l.lane("crm"); int(n.counts.of[pending]) != len(waits) {
		t.Errorf("%d wait, want %d", n.counts.of[pending], len(waits))
	}
}

func TestTrimmingTheHeadOfALaneLosesNothing(t *testing.T) {
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now})
	var entries []queue.Entry
	for i := range 1000 {
		entries = append(entries, entryOf(fmt.Sprint("old", i), "crm"))
	}
	accept(t, l, entries...)
	leased := take(t, l, "crm", 5)
	left := 3
	for round := range trimEvery/1000 + 1 {
		clock.advance(time.Millisecond)
		for i, lease := range take(t, l, "crm", 1000) {
			if round == 0 && i < left {
				settle(t, lease, event.Pending)
				continue
			}
			settle(t, lease, event.Delivered)
		}
		for i := range entries {
			entries[i] = entryOf(fmt.Sprint(round, "-", i), "crm")
		}
		accept(t, l, entries...)
	}
	n := l.lane("crm")
	if n.trimmed == lowest {
		t.Fatal("nothing was trimmed")
	}
	for _, lease := range leased {
		if err := lease.Release(); err != nil {
			t.Fatal(err)
		}
	}
	want := n.counts.of[pending]
	stored := int64(0)
	err := l.store.ascend(laneKey(inWaiting, n.num), laneKey(inWaiting, n.num+1), func(*pebble.Iterator) (bool, error) {
		stored++
		return true, nil
	})
	if err != nil || stored != want {
		t.Fatalf("%d places are stored, %d wait: %v", stored, want, err)
	}
	if got := len(take(t, l, "crm", 100_000)); int64(got) != want {
		t.Errorf("%d can be taken, %d wait", got, want)
	}
}
