package outbound

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/internal/secret"
)

// A Plan is all that the messenger has to know of a configuration. It is
// immutable; a reload swaps the whole.
type Plan struct {
	Webhooks map[string]*Webhook
	Secrets  map[string]secret.Text // by the names that payloads, URLs, headers and queries use
	Egress   Egress
	MaxAge   time.Duration // a delivery older than this fails before its next attempt; 0: none is too old
}

// Egress is what requests may reach, and how many at once.
type Egress struct {
	Allow       []Rule         // private addresses that may be reached
	AllowHTTP   []Rule         // addresses that plain http may reach
	CA          []byte         // extra roots, PEM; nil: the system's alone
	Proxy       *Proxy         // nil: none, whatever the environment says
	DNSServer   netip.AddrPort // the zero value: the system's
	MaxInFlight int            // attempts at once over all webhooks, at least 1
}

// A Rule is an address range and a port; port 0 is any.
type Rule struct {
	Prefix netip.Prefix
	Port   uint16
}

// A Webhook is a destination as the configuration has it, with every default filled in.
type Webhook struct {
	Name        string
	Description string
	URL         *URL
	Method      string         // POST, GET, PUT or PATCH
	Encoding    Encoding       // of the payload; for GET always Form
	Form        FormStyle      // how nesting is written in a form or query
	Payload     *expr.Mapping  // nil: the standard payload
	Filter      *expr.Program  // nil: every event of its types
	Events      []Subscription // at least one

	Headers []Header
	Query   []Pair
	Auth    Auth
	TLS     *TLS // nil: as Egress has it
	Sign    Signing

	Active          bool
	SkipInactive    bool // on_inactive = "skip"
	LogResponseBody bool

	Timeout     time.Duration // of a whole attempt
	Concurrency int           // attempts at once, at least 1
	RateLimit   rate.Limit    // attempts a second; rate.Inf or 0: any number
	OrderBy     *expr.Program // what deliveries of the same value go one after the other by; nil: nothing
	OrderHold   bool          // on_order_failure = "hold"
	Retry       Retry
	Circuit     Circuit
	SuccessWhen *expr.Criterion // nil: a 2xx is a success

	// Fingerprint changes with what ends a suspension: url, method, auth,
	// headers, query, secret and signature, values of secrets included. It is a
	// keyed or salted hash by the time it is stored.
	Fingerprint string
}

// An Encoding is how a payload is written.
type Encoding int

const (
	JSON Encoding = iota
	Form
)

// A FormStyle is the receiver's convention for nested values.
type FormStyle struct {
	Lists ListStyle
	Field string // the whole payload as JSON in this one field; empty: a field each
}

// A ListStyle is how a list is written in a form.
type ListStyle int

const (
	Index  ListStyle = iota // a[0]=x&a[1]=y
	Empty                   // a[]=x&a[]=y
	Repeat                  // a=x&a=y
	Comma                   // a=x,y
)

// A Subscription is an exact type, a prefix ("contact." for contact.*), or all.
type Subscription struct {
	Type   string
	Prefix string
	All    bool
}

// String is the subscription as it is written.
func (s Subscription) String() string {
	switch {
	case s.All:
		return "*"
	case s.Prefix != "":
		return s.Prefix + "*"
	}
	return s.Type
}

// Covers tells whether a subscription takes events of a type. prefix.* stands
// for one segment or more.
func (s Subscription) Covers(name string) bool {
	switch {
	case s.All:
		return true
	case s.Prefix != "":
		return len(name) > len(s.Prefix) && strings.HasPrefix(name, s.Prefix)
	}
	return s.Type == name
}

// Subscribed finds the first subscription that covers a type.
func (w *Webhook) Subscribed(name string) (Subscription, bool) {
	i := slices.IndexFunc(w.Events, func(s Subscription) bool { return s.Covers(name) })
	if i < 0 {
		return Subscription{}, false
	}
	return w.Events[i], true
}

// Header and Pair keep the declared order.
type Header struct {
	Name  string
	Value expr.Text
}
type Pair struct {
	Name  string
	Value expr.Text
}

// Auth says who is asking. The zero value sends no credentials.
type Auth struct {
	Kind     AuthKind
	Username string
	Password secret.Text // of basic
	Token    secret.Text // of bearer; of oauth2 only in a dry run
	Header   string      // of header: its name, and
	Value    secret.Text // its value
	OAuth    *OAuth      // of oauth2
}

type AuthKind int

const (
	NoAuth AuthKind = iota
	BasicAuth
	BearerAuth
	HeaderAuth
	OAuth2
)

// Retry is what follows a failed attempt.
type Retry struct {
	Schedule      []time.Duration // the wait after the first, second … failed attempt; empty: one attempt
	Permanent     []int           // statuses that end a delivery
	MaxRetryAfter time.Duration   // longest Retry-After that is obeyed
}
