package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/event"
)

// A Line is durable, and safe for concurrent use.
type Line interface {
	// Accept takes all entries or none; the package comment says what that
	// promises. Receipts stand in the order of the entries. An entry whose id
	// (or Key) was accepted within 24 hours with the same type, source and data
	// is a duplicate: it changes nothing.
	Accept(ctx context.Context, entries []Entry) ([]Receipt, error)

	// Take leases at most n of the lane's due deliveries, the longest due first.
	// It does not block: with none due it returns none. again is when the next
	// one that is not leased will be due, by the wall clock (with more than n
	// due it is not later than now), or zero when nothing else waits or the lane
	// is stopped. With an error there are no leases.
	Take(lane string, n int) (leases []Lease, again time.Time, err error)

	// Stop stops (true) or starts (false) the clocks of the named lanes, also of
	// lanes that have no delivery yet. What is leased stays leased. The change
	// holds in memory even when an error says that it could not be written yet;
	// then Sweep writes it.
	Stop(ctx context.Context, lanes map[string]bool) error

	// Note keeps a few bytes (at most 4 KiB) with a lane, for the messenger, over
	// restarts; nil removes them. It is on disk when Note returns.
	Note(ctx context.Context, lane string, note []byte) error

	// Move gives what is pending in lane from to lane to, in the order in which it
	// waits: each delivery with its id, its attempts, what was Said and its age, and
	// by the clock of its lane due in as long a time, or since as long, as before.
	// What is leased stays, and so does what would be the second delivery that its
	// event owes to, whatever the state of the first. What has ended stays, too.
	// What is in an order stays behind what stays for being leased, or holds; in
	// its new lane it has its place among its like by their acceptance.
	//
	// It goes on by parts, each of which is on disk before the next one begins. An
	// error, also that of ctx, ends it between two of them, and tells what was moved
	// until then. Also after a crash every delivery is in one of the two lanes, and
	// another Move does the rest.
	Move(ctx context.Context, from, to string) (Moved, error)

	// LetGo ends every hold in a lane: what follows a failed delivery goes on, and
	// can't be held by that one again unless it fails anew. It goes on by parts like
	// Move, and tells how many holds it has ended.
	LetGo(ctx context.Context, lane string) (ended int64, err error)

	// Lanes lists every lane that is known, by name.
	Lanes(ctx context.Context) ([]Lane, error)

	// Stats says how full the line is.
	Stats() Stats

	// Sweep removes what is past its retention, makes room, and writes what
	// could not be written before. To be called about once a minute.
	Sweep(ctx context.Context) error

	// Close waits for calls under way, writes what is unwritten and gives up the
	// storage. Leases that are out are void.
	Close() error

	Ledger
}

// A Ledger looks things up in a line.
type Ledger interface {
	// Delivery finds a delivery with its attempts and, while it is kept, its
	// event. ErrNotFound.
	Delivery(ctx context.Context, id string) (event.Delivery, error)

	// Event finds an event, and its deliveries without their attempts. ErrNotFound.
	Event(ctx context.Context, id string) (event.Event, []event.Delivery, error)

	// List pages through deliveries, newest first, without attempts or events.
	List(ctx context.Context, f Filter) (Page, error)

	// Replay puts an ended delivery back to pending, due now, with a fresh
	// schedule and age and nothing Said. Its Class stays, so that the messenger
	// can tell a delivery whose filter failed. Of a pending one that is not
	// leased it makes the next attempt due now. It is on disk when Replay
	// returns. ErrNotFound, ErrGone (its event is no longer kept), ErrLeased (also
	// while another call replays it).
	Replay(ctx context.Context, id string) (event.Delivery, error)

	// Repeat is Replay, but what was Said stays, so that the same bytes go out.
	// ErrUnsaid, beside the errors of Replay, when nothing was.
	Repeat(ctx context.Context, id string) (event.Delivery, error)
}

// A Lease is the right to attempt one delivery.
type Lease interface {
	// Delivery holds the event, what was Said, and the Age. It must not be changed.
	Delivery() *event.Delivery

	// Settle records how the attempt ended, and ends the lease. A record of
	// Failed or Pending is ordered after what was accepted before; it need not
	// be synced: losing it costs a repeated attempt, never an event. After
	// ErrUnavailable the lease goes on: Settle again, or Release. ErrSettled may
	// also say that the line was opened anew meanwhile; the delivery is due again.
	Settle(ctx context.Context, o Outcome) error

	// Release ends the lease as though it had never been: nothing is charged,
	// the delivery is due again at once.
	Release() error
}

// An Entry is one event and the deliveries that it owes.
type Entry struct {
	// Event comes with its ID, also a made-up one, and Accepted. Its Cloud may be kept
	// in memory until its deliveries have been taken, and must not be changed any more.
	// Its Data, which may be a part of what many came in, is only kept as a copy.
	Event event.Event

	// MadeUp says that the ID was made up for this entry, unlike any other: the
	// line need not look whether something was accepted under it.
	MadeUp bool

	// Key is the Idempotency-Key of an event whose ID was made up: the key then
	// does the work of the id. Empty: there is none.
	Key string

	Owed []Owed // no lane twice; empty for an event that nobody subscribes to
}

// Owed is one delivery of an entry, in the state in which it begins.
type Owed struct {
	Lane  string
	State event.State // Pending, Failed or Skipped
	Class event.Class // of Failed
	Error string      // of Failed, for people; kept as an attempt that made no request
	Order Order       // zero: it waits for no other
	Hold  bool        // of Failed, with an Order: what follows waits, as in Outcome
}

// A Receipt answers for one entry.
type Receipt struct {
	ID         string // the event's; of a duplicate by Key, the id that the first one got
	Deliveries int    // pending and failed ones, not skipped ones; 0 for a duplicate
	Duplicate  bool
}

// An Outcome is how a leased delivery goes on.
type Outcome struct {
	State event.State // Pending, Delivered, Failed or Skipped
	Class event.Class

	// Attempt was made and is charged; its Number is filled in by the line. nil
	// when none was made (Expired, Skipped, Pending for another while).
	Attempt *event.Attempt

	// Wait, for Pending, is how long until the delivery is due again, by the
	// clock of its lane.
	Wait time.Duration

	// Said, for Pending, is kept and comes back with every later lease; nil
	// keeps what is there.
	Said *event.Said

	// Hold, for Failed, keeps what follows in the same order waiting until this
	// delivery is replayed, and has ended otherwise.
	Hold bool
}

// A Lane is a webhook's place in the line.
type Lane struct {
	Name    string
	Pending int64 // in whatever state of the lane; leased ones too
	Failed  int64
	Skipped int64

	Delivered int64 // kept ones

	// Oldest is when the oldest pending delivery was accepted, among the first
	// 10,000 by due time; zero without any.
	Oldest  time.Time
	Stopped bool
	Note    []byte

	// Holding counts the failed deliveries that hold what follows in their order,
	// up to 10,000.
	Holding int64
}

// Moved says what a Move did.
type Moved struct {
	Moved  int64
	Leased int64 // stayed: leased, or being written by another call, or not to be read
	Owed   int64 // stayed: the event owes the other lane a delivery already
	Behind int64 // stayed: in the same order after one that stayed, or that holds
}

// Stats says how full a line is.
type Stats struct {
	Bytes     int64 // of records kept: waiting and history
	MaxBytes  int64
	FreeBytes int64 // of the file system; -1 where there is none
	Floor     int64 // FreeBytes below it: ErrFull
	Corrupt   int64 // records set aside as unreadable, and damaged parts of files, since the start
	Aside     int64 // damaged storages and files that were set aside whole, and wait for somebody to look
	Discarded map[Discard]int64
}

// Discard tells apart what gave way to make room.
type Discard struct {
	Lane  string
	State event.State
}

// A Filter chooses deliveries; zero fields choose all.
type Filter struct {
	Lanes  []string      // any of these; nil: all
	NotIn  []string      // none of these
	States []event.State // stored states: Pending, Delivered, Failed, Skipped
	Type   string
	Class  event.Class
	Since  time.Time // accepted at or after
	Limit  int       // 0: 50; at most 500
	Cursor string    // of the page before; ErrCursor if it isn't one
}

// A Page is a part of a list. NextCursor is empty on the last one. A page may be
// short, or empty, and yet not the last: what is chosen may stand far from it.
type Page struct {
	Deliveries []event.Delivery
	NextCursor string
}

var (
	ErrFull        = errors.New("the line is full")                    // waiting records or the free-space floor leave no room
	ErrUnavailable = errors.New("the storage is not available")        // failing or closing; promises nothing either way
	ErrNotFound    = errors.New("not found")                           // no such delivery or event is kept
	ErrGone        = errors.New("its event is no longer kept")         // so it can't be replayed
	ErrUnsaid      = errors.New("the bytes that it sent are not kept") // so they can't be sent again
	ErrLeased      = errors.New("an attempt is under way")             // of this delivery
	ErrCursor      = errors.New("not a cursor of this list")           // Filter.Cursor
	ErrSettled     = errors.New("the lease has ended")                 // Settle or Release once only
	ErrNewerFormat = errors.New("written by a newer version, and left as it is: run that version")
)

// A ConflictError refuses an id that was accepted within 24 hours with another
// type, source or data.
type ConflictError struct {
	Index int    // of the entry in the call
	ID    string // or the Idempotency-Key
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("event %q was accepted before with other content", e.ID)
}

// An InUseError says that another process owns the storage.
type InUseError struct {
	Dir string
	PID int // 0 when unknown
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("data directory %s is in use by another process", e.Dir)
	}
	return fmt.Sprintf("data directory %s is in use by process %d", e.Dir, e.PID)
}
