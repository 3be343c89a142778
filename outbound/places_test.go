package outbound

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
)

func TestPlacesAreGivenInTheOrderOfAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &places{size: 1}
		if err := p.take(t.Context()); err != nil {
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
				if p.take(ctx) == nil {
					order = append(order, i)
					p.give(1)
				}
			}()
			synctest.Wait()
		}
		if n := p.more(3); n != 0 {
			t.Errorf("%d more while others wait", n)
		}
		leave()
		synctest.Wait()
		p.give(1)
		synctest.Wait()
		if !slices.Equal(order, []int{0, 1, 3, 4}) || p.used != 0 {
			t.Errorf("served %v, %d in use", order, p.used)
		}
		p.resize(4)
		if n := p.more(9); n != 4 {
			t.Errorf("%d of 4 free ones", n)
		}
		p.resize(2)
		p.give(1)
		if n := p.more(9); n != 0 {
			t.Errorf("%d while more than allowed are in use", n)
		}
	})
}
