// Package embedded is the line on disk: one directory, owned by one process,
// with a Pebble database in it. It keeps the promise of package queue without
// any other service.
//
// # Directory
//
//	lock     held by flock while the line is open; the owner's process id as text
//	format   "postern-line 1\n": the version of what follows
//	line/    Pebble's own files; mode 0700, whatever that of the directory
//	quarantine/
//	         damaged lines and files, as they were
//	backup   when the line was copied; in a copy, until it is opened
//	line.new, line.rebuilt, checking/, backing-up/
//	         there for as long as a line is rebuilt, checked or copied
//	reserve  of no use but its size: room for the day when the disk is full
//
// A directory of a newer format is refused and left as it is.
//
// # Keys
//
// A key is one letter and numbers in big-endian order. seq (8 bytes) is the
// place of an event: 44 bits of Unix milliseconds and 20 bits that count, always
// rising, never used twice. lane (4 bytes) is the number of a lane, from 1; 0 is
// nobody. due (8 bytes) is a time in nanoseconds by the clock of the lane, its
// sign bit flipped so that keys sort as times do.
//
//	e seq             an event
//	d seq lane        a delivery: state, schedule, attempts without bodies
//	p seq lane        what a delivery said, once an attempt has failed
//	b seq lane number the response body of one attempt (number: 4 bytes)
//	w lane due seq    empty: this delivery waits; behind seq the lane of its d
//	                  record, if that is another
//	o lane order seq lane
//	                  empty: a delivery that is in an order (16 bytes of SHA-256),
//	                  and is pending, or has failed and holds; the second lane is
//	                  that of its d record
//	t lane order      which of those came first, which one has the turn, and how
//	                  many they are; w has that one alone
//	h lane order seq lane
//	                  empty: this one of o holds
//	i id              an id that was accepted, as it is
//	k hash            an Idempotency-Key that was accepted (hash: 16 bytes of SHA-256)
//	x at kind name    empty: the event behind the record of this kind (i or k) is
//	                  gone; forget it 24 hours after at (8 bytes, as due)
//	l lane            a lane: name, clock, note
//	z lane            the same again, for the case that the other one is damaged
//	c lane            counts of a lane, summed by Pebble's Merge; the bytes of
//	                  events are counted under lane 0
//	m                 the highest seq, the clock, and what the wall clock showed
//	r                 empty: count anew at the next opening, and look at each t
//	q key at          set aside: what was found under key, as it was
//
// Every event has at least one d record. One that owes nothing has it under
// lane 0, in the state unowed, so that a scan of d sees every event.
//
// The id of a delivery is "dlv_" and seq and lane in lower-case base32 that
// sorts as the numbers do.
//
// A delivery that was moved to another lane keeps its d, p and b records under
// the lane that it was accepted for, and with that its id: whoever wrote it down
// still finds it. Its d record names the lane that it is in, and there it waits
// and is counted. An event has at most one delivery in a lane, so a lane and a
// seq are enough to tell what waits.
//
// # Values
//
// A value that is neither empty nor set aside is one byte of version, four
// bytes of CRC-32C (little-endian, of the key, the version and the body), and the
// body: integers as varints, texts with their length in front. A *_record.go
// file holds each body, with both directions. The version is 1; that of an event
// with a trace context, or that came as a CloudEvent, is 2, and a build that knows
// only 1 sets it aside. Nothing is read from a value whose
// checksum is wrong: the record is moved to q, counted in Stats.Corrupt, and what
// hangs on it goes on without it. A delivery that can't be made for want of a
// readable record fails, visibly.
//
// # Clock
//
// All times but those for people are read from one clock: that of the wall when
// the line was made, and from there the monotonic time that has gone by. A wall
// clock that is set does not move it while the process runs, and neither does a
// machine that sleeps. At opening it goes on from the last mark, by as long as the
// wall clock has moved on since that was written: a clock that was set before does
// not count. It never runs backwards. A lane's clock is that one less what the
// lane has stood still.
//
// # What is bounded
//
// MaxBytes counts e, d, p and b records, keys and values. Ids do not count: each costs
// some 45 bytes and its length for 24 hours, nearly twice that once its event is gone,
// and can't give way, so the free-space floor is their limit. Neither do lanes, counts,
// and what was set aside.
//
// w, o, t and h records don't count, either.
//
// Memory does not grow with what waits: a lane keeps the next few hundred keys
// of its w records and those that are leased, and all lanes together up to 4 MiB of
// what was just accepted (recent.go); Move looks at 1,000 at a time. Up to 256 ends
// of deliveries wait to be written (settled.go), and up to 512 KiB share a batch
// (group.go).
//
// # What is synced
//
// Accept, Replay, Move, Note and Stop return when their batch is on disk. Accepts that
// come while another batch of theirs is on its way share the next one; behind a large
// one the next goes at once (group.go).
//
// Settle and the removal of history are synced with what comes next, for Settle within
// 20 ms (arrear.go). What ends and is in no order is not even written before: it goes
// into the batch of the next Accept, or into one of its own before any call that would
// see it (settled.go). Until then its delivery is out of reach, as it was when leased.
// A crash keeps a prefix of all batches, so counts always fit the records, and repeats
// the attempts that were under way or had just ended.
//
// What is in an order is written under one lock, without waiting for the disk there.
// So a batch that puts a delivery behind another is never on disk without what made
// the other one wait, and the batch that ends one calls the next.
//
// # When the storage fails
//
// After the first failed write a Line is broken: every call answers ErrUnavailable,
// and nothing more gets to the files (fence.go). A Keeper closes it and opens
// another one in its place, in the same process and under the same lock, and finds
// out when the directory vanishes (keeper.go, site.go). Leases of the broken line are
// void; their deliveries come back in reach one by one, when whoever has the lease has
// ended it. What the broken line had in memory alone goes over (inherit.go).
//
// What Pebble can't survive in its own goroutines ends the process (fatal.go). Failed
// writes are not among it: it does not hear of them.
//
// On a full disk the reserve is given up to whoever finds no space (reserve.go). While
// it is gone Accept answers ErrFull.
//
// # When files are damaged
//
// A damaged block of a file makes the records in it unreadable, and Pebble has no way
// past it. So the line is rebuilt: what can be read of tables (table_read.go) and logs
// (log_read.go) is merged (merge_read.go) into a new line (rebuild.go), which takes the
// place of the old one; that is kept in the quarantine (repair.go). What can be damaged
// in silence is looked at before Pebble opens (survey.go, inspect). A Keeper does so
// while the line runs.
//
// Where it may not, a Line leaves such records where they are: a scan that meets one
// ends with ErrUnavailable, and the line goes on.
package embedded
