package embedded

import "maps"

// A line that steps in the place of a broken one takes over what that had in
// memory alone: what it counted since the start, how far it had come, and what it
// could not write of its lanes.

func (l *Line) inheritCounts(old *Line) {
	old.statsMu.Lock()
	defer old.statsMu.Unlock()
	l.corrupt, l.stuck, l.discarded = old.corrupt, maps.Clone(old.stuck), maps.Clone(old.discarded)
}

// inheritMark is m, or where the broken line stood: a seq is never used twice, and
// the clock does not run backwards.
func (l *Line) inheritMark(m mark) mark {
	if l.before == nil {
		return m
	}
	l.before.seqMu.Lock()
	defer l.before.seqMu.Unlock()
	return mark{
		seq:   max(m.seq, l.before.seq),
		clock: max(m.clock, l.before.clock.read()),
		wall:  l.o.Now().UnixNano(),
	}
}

func (l *Line) inheritLanes(old *Line) {
	for _, was := range old.lanes() {
		if n := l.byName[was.name]; n != nil {
			n.inherit(was)
		}
	}
}

// inherit takes over a clock that was stopped or started, and a note.
func (n *lane) inherit(was *lane) {
	was.mu.Lock()
	defer was.mu.Unlock()
	if was.dirty {
		n.stood, n.since, n.note, n.dirty = was.stood, was.since, was.note, true
	}
}
