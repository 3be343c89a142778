package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/queue"
)

// A kept is a lease of a line that is kept. It is void once that is another one.
type kept struct {
	*lease
	k *Keeper

	// parked are leases of later lines that this one keeps from being attempted:
	// of the same delivery, or of another in the same order.
	parked []*lease
}

// Take implements queue.Line.
func (k *Keeper) Take(lane string, n int) (leases []queue.Lease, again time.Time, err error) {
	l := k.line.Load()
	all, again, err := l.Take(lane, n)
	if len(all) == 0 {
		return nil, again, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.line.Load() != l {
		return nil, time.Time{}, fmt.Errorf("%w: it was opened anew meanwhile", queue.ErrUnavailable)
	}
	for _, s := range all {
		s := s.(*lease)
		if before := k.inTheWay(s); before != nil {
			before.parked = append(before.parked, s)
			continue
		}
		mine := &kept{lease: s, k: k}
		k.out[s.d.ref] = mine
		leases = append(leases, mine)
	}
	return leases, again, err
}

// inTheWay finds the lease of an earlier line whose attempt goes on, and that a
// lease has to wait for; mu is held.
func (k *Keeper) inTheWay(s *lease) *kept {
	if before := k.earlier[s.d.ref]; before != nil || !s.d.ordered() {
		return before
	}
	for _, before := range k.earlier {
		if before.d.order == s.d.order && before.n.num == s.n.num {
			return before
		}
	}
	return nil
}

func (s *kept) Settle(ctx context.Context, o queue.Outcome) error {
	if s.k.line.Load() != s.l {
		return s.over(queue.ErrSettled)
	}
	err := s.lease.Settle(ctx, o)
	if errors.Is(err, queue.ErrUnavailable) {
		return err // the attempt may go on trying
	}
	return s.over(err)
}

func (s *kept) Release() error {
	if s.k.line.Load() != s.l {
		return s.over(queue.ErrSettled)
	}
	return s.over(s.lease.Release())
}

// over notes that whoever had the lease has ended it, and gives back what waited
// for that.
func (s *kept) over(err error) error {
	for _, p := range s.leave() {
		_ = p.Release() // one that can't be given back is void with its line
	}
	return err
}

func (s *kept) leave() (parked []*lease) {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	for _, all := range []map[ref]*kept{s.k.out, s.k.earlier} {
		if all[s.d.ref] == s {
			delete(all, s.d.ref)
		}
	}
	parked, s.parked = s.parked, nil
	return parked
}
