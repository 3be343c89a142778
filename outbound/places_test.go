package outbound

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
)

func TestPlacesAreGivenInTheOrderOfAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, mine := &places{size: 1}, &share{}
		if err := p.take(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
		var order []int
		left, leave := context.WithCancel(t.Context())
		for i := range 5 {
			ctx := t.Context()
			if i == 2 {
				ctx = left
			}
			go func() {
				s := &share{}
				if p.take(ctx, s) == nil {
					order = append(order, i)
					p.give(s, 1)
				}
			}()
			synctest.Wait()
		}
		if n := p.more(mine, 3); n != 0 {
			t.Errorf("%d more while others wait", n)
		}
		leave()
		synctest.Wait()
		p.give(mine, 1)
		synctest.Wait()
		if !slices.Equal(order, []int{0, 1, 3, 4}) || p.used != 0 || p.holders != 0 {
			t.Errorf("served %v, %d in use", order, p.used)
		}
		p.resize(4, nil)
		if n := p.more(mine, 9); n != 4 {
			t.Errorf("%d of 4 free ones", n)
		}
		p.resize(2, nil)
		p.give(mine, 1)
		if n := p.more(mine, 9); n != 0 {
			t.Errorf("%d while more than allowed are in use", n)
		}
	})
}

func TestPlacesAreKeptForLanesThatHoldNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &places{size: 8, lanes: 5}
		lanes := make([]share, 5)
		take := func(lane, want, more, held int) {
			t.Helper()
			if err := p.take(t.Context(), &lanes[lane]); err != nil {
				t.Fatal(err)
			}
			if n := p.more(&lanes[lane], want-1); n != more || p.holds(&lanes[lane]) != held {
				t.Errorf("lane %d has %d more, and %d in all; want %d and %d", lane, n, lanes[lane].held, more, held)
			}
		}
		take(0, 4, 3, 4)
		take(1, 9, 1, 2) // two of eight are kept
		waits := make(chan error)
		go func() { waits <- p.take(t.Context(), &lanes[0]) }()
		synctest.Wait()
		take(2, 1, 0, 1) // passes lane 0, which has some
		p.give(&lanes[2], 1)
		synctest.Wait()
		take(2, 1, 0, 1) // it was kept
		take(3, 1, 0, 1) // the last one
		p.give(&lanes[0], 4)
		if err := <-waits; err != nil || lanes[0].held != 1 {
			t.Errorf("lane 0 has %d: %v", lanes[0].held, err)
		}
		take(4, 9, 2, 3) // nobody is left for whom one would have to be kept
		if p.used != p.size || p.holders != 5 {
			t.Errorf("%d of %d used by %d", p.used, p.size, p.holders)
		}
	})
}
