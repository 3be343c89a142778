package embedded

// holdsNone tells whether a failed delivery that holds has nobody behind it, and
// reads the turn of its row. What somebody waits for is no history yet: neither
// its retention nor want of room removes it.
func (l *Line) holdsNone(d *delivery) (t turn, alone bool, err error) {
	row := rowKey{d.in(), d.order}
	_, any, err := l.memberAfter(l.store.db, row, d.ref)
	if err != nil || any {
		return t, false, err
	}
	t, err = l.readTurn(row)
	return t, err == nil, err
}

// endHold takes the last member of a row out of it.
func (c *cut) endHold(h *head, t turn) {
	row := rowKey{h.in(), h.order}
	c.b.remove(row.member(h.ref))
	c.b.remove(row.hold(h.ref))
	key := row.key(inTurns)
	if t.isOnly(h.ref) {
		c.b.remove(key)
		return
	}
	t.members--
	c.b.set(key, t.encode(key))
}
