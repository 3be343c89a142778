package embedded

import "slices"

// ready is the head of a lane in memory: every place that waits, and is not
// leased, below end. So a lane that keeps up is never read from disk, and one
// that does not costs one short scan for some hundred deliveries.
type ready struct {
	places []place // rising
	end    place
	all    bool // nothing waits at end or above
}

const (
	readyMost = 512 // places kept
	readyLoad = 256 // places read at once
)

// insert adds a place that waits on disk and is in reach.
func (r *ready) insert(p place) {
	if !r.all && !p.before(r.end) {
		return
	}
	i := len(r.places)
	if i > 0 && !r.places[i-1].before(p) {
		var there bool
		if i, there = slices.BinarySearchFunc(r.places, p, comparePlaces); there {
			return
		}
	}
	r.places = slices.Insert(r.places, i, p)
	if len(r.places) > readyMost {
		r.end, r.all = r.places[readyLoad], false
		r.places = r.places[:readyLoad:readyLoad]
	}
}

// remove takes out a place that no longer waits there.
func (r *ready) remove(p place) {
	if i, ok := slices.BinarySearchFunc(r.places, p, comparePlaces); ok {
		r.places = slices.Delete(r.places, i, i+1)
	}
}

func comparePlaces(a, b place) int {
	switch {
	case a.before(b):
		return -1
	case b.before(a):
		return 1
	}
	return 0
}

// pop drops the first place. The array is shared and reused from its start
// when it has emptied.
func (r *ready) pop() {
	if len(r.places) == 1 {
		r.places = r.places[:0]
		return
	}
	r.places = r.places[1:]
}

// first is a bound below every place that waits and is not leased.
func (r *ready) first() (p place, any bool) {
	switch {
	case len(r.places) > 0:
		return r.places[0], true
	case r.all:
		return place{}, false
	}
	return r.end, true
}
