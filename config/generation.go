package config

import (
	"io/fs"
	"time"

	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// A Generation is one configuration, whole and checked. It is immutable, and
// holds ready values only: every default is filled in.
type Generation struct {
	Hash string // of every byte that it was made from, hex

	Agent   Agent
	Listen  []Listen // at least one
	Console Console
	Queue   Queue
	Events  []EventType // declared ones, in the order of the files
	Plan    *outbound.Plan
	Tests   []Test // in the order of the files

	// Literal secrets of webhooks, to be stored before the generation goes
	// live: secret = "" goes back to them.
	Literal map[string]secret.Text

	// Files are what was read beside the configuration itself, by file(),
	// credential() and ca_file: a change of one is a change of the configuration.
	Files []string

	match    matcher              // the webhooks in order, and by type
	settings map[string][]Setting // by webhook
}

// Agent is the agent block.
type Agent struct {
	DataDir       string
	LogLevel      string // debug, info, warn, error
	LogFormat     string // json, console; empty: by what standard error is
	ShutdownDelay time.Duration
	DrainTimeout  time.Duration
	AllowEmpty    bool // a reload may go from some webhooks to none
}

// Listen is one door for events.
type Listen struct {
	Kind    string // http or unix
	Address string // of http: host:port
	Path    string // of unix
	Mode    fs.FileMode
	Token   secret.Text // of http; needed off loopback
	Hosts   []string    // of http off loopback: the Host names that are ours; none: any
}

// Console is the door for people.
type Console struct {
	Address string
	Token   secret.Text
	Hosts   []string
}

// Queue is the line's settings. MaxAge stands in the plan.
type Queue struct {
	MaxBytes        int64
	RetainDelivered time.Duration
	RetainFailed    time.Duration
}

// An EventType is one entry of the catalogue.
type EventType struct {
	Name        string
	Description string
	Sample      []byte // the event's data as JSON; nil: none given
}

// Webhooks are the declared ones, in the order of the files.
func (g *Generation) Webhooks() []*outbound.Webhook { return g.match.order }
