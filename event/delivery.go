package event

import "time"

// A State is where a delivery stands.
type State string

const (
	Pending   State = "pending"   // waits for its first or next attempt, or is in one
	Delivered State = "delivered" // the receiver has it
	Failed    State = "failed"    // given up, or can't be made: kept, visible, replayable
	Skipped   State = "skipped"   // the webhook was inactive with on_inactive = "skip", or a replayed filter said no

	// Held and Orphaned are pending deliveries of a lane that does not move.
	// They are never stored: the agent works them out from the config in force.
	Held     State = "held"     // the webhook is inactive or suspended
	Orphaned State = "orphaned" // no webhook of that name is configured
)

// A Class says how an attempt ended.
type Class string

const (
	OK             Class = "ok"
	DNS            Class = "dns"
	Refused        Class = "refused"
	Reset          Class = "reset"
	Timeout        Class = "timeout"
	TLS            Class = "tls"
	BlockedAddress Class = "blocked_address"
	Redirect       Class = "redirect"
	Status         Class = "status"
	BadResponse    Class = "bad_response"
	Proxy          Class = "proxy"        // egress.proxy, before the receiver had a say
	Auth           Class = "auth"         // no OAuth token to be had
	Mapping        Class = "mapping"      // the request can't be made from this event
	Filter         Class = "filter"       // the webhook's filter failed on this event
	TooLarge       Class = "too_large"    // a rendered request over 4 MiB
	SuccessWhen    Class = "success_when" // of a 2xx that is no success to the webhook
	Gone           Class = "gone"         // 410
	Expired        Class = "expired"      // older than max_age
	Crash          Class = "crash"        // its attempts ended the process three times
)

// A Delivery is one event owed to one webhook.
type Delivery struct {
	ID      string
	EventID string
	Type    string // of the event
	Webhook string
	State   State

	// Class is that of the last attempt, or of the reason for which none was
	// made (filter, expired); empty before the first.
	Class Class

	Created time.Time // when the event was accepted
	Next    time.Time // when the next attempt is due; zero unless Pending and the lane moves

	// Ordered tells that it goes after others with the same key of its webhook.
	Ordered bool

	// Behind is the one whose turn it is, while this one waits for that; nil:
	// it waits for no other.
	Behind *Behind

	// Holds tells that it has failed and that what follows with the same key waits
	// for its replay.
	Holds bool

	// Age is how long the delivery has waited, in the time of its lane: since
	// acceptance or the last replay, without what the lane stood still. Filled
	// in for a leased delivery only.
	Age time.Duration

	// Charged counts the attempts since acceptance or the last replay: those
	// that the retry schedule is counted against.
	Charged int

	// Attempts made, oldest first, numbered on through replays. Of a long
	// history the oldest may be gone; their numbers stay used up.
	Attempts []Attempt

	// Said is what the first failed attempt since acceptance or replay said,
	// and what every retry says again; nil before that.
	Said *Said

	// Event is filled in for a leased delivery, and where it was asked for.
	Event *Event
}

// Behind names the delivery that another one waits for.
type Behind struct {
	ID     string
	Failed bool // it holds: nothing goes on before its replay
}

// An Attempt is one HTTP request made for a delivery, or the attempt to make one.
type Attempt struct {
	Number   int // from 1
	At       time.Time
	Duration time.Duration
	Status   int // of the answer; 0 when there was none
	Class    Class
	Error    string // for people; empty when Class is OK

	// Of one that made no request, because it could not be made, both are zero.
	Timeline   Timeline
	Connection Connection

	// ResponseBody is the start of the answer's body, at most 16 KiB, kept only
	// where the webhook asks for it; Truncated when there was more.
	ResponseBody []byte
	Truncated    bool
}

// Said is what a delivery says: the part of a request that every retry repeats
// byte for byte. Secrets in it are holes, filled in at each attempt.
type Said struct {
	Method      string
	ContentType string // as sent; empty for GET
	Payload     []byte // the body, or for GET the payload's part of the query
	Holes       []Hole // by rising Offset
}

// A Hole is the place of a secret in a payload: its value goes in at Offset, in
// the escaping of that place. The value itself is never stored.
type Hole struct {
	Offset int
	Secret string // its name in the configuration, such as "env:PD_KEY"
	Escape Escape
}

// An Escape is how a value is written where it stands.
type Escape uint8

const (
	Plain      Escape = iota // as it is
	JSONText                 // inside a JSON string, without the quotes
	QueryValue               // application/x-www-form-urlencoded
	JSONInForm               // inside a JSON string that is itself form-encoded
)
