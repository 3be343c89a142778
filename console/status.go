package console

import (
	"encoding/json"
	"time"

	"github.com/posternhq/postern/event"
)

// A Status is the agent at a glance.
type Status struct {
	Version string       `json:"version"`
	Started time.Time    `json:"started_at"`
	State   string       `json:"state"` // starting, running or stopping
	Config  ConfigStatus `json:"config"`
	Queue   QueueStatus  `json:"queue"`
	Events  []string     `json:"listen"` // addresses of the event doors
}

// A ConfigStatus says which configuration is in force, and whether it is the
// one on disk.
type ConfigStatus struct {
	Path       string    `json:"path"`
	Generation int       `json:"generation"` // counts from 1 at each start
	Hash       string    `json:"hash"`
	Loaded     time.Time `json:"loaded_at"`
	LastReload string    `json:"last_reload"` // ok or rejected

	// Rejected holds the diagnostics of what is on disk, as a JSON array, when
	// it is not what is in force; else null.
	Rejected json.RawMessage `json:"rejected"`
	LastGood bool            `json:"last_good"` // started by --last-good
}

// A QueueStatus says how full the line is.
type QueueStatus struct {
	Bytes     int64            `json:"bytes"` // of records kept: waiting and history
	MaxBytes  int64            `json:"max_bytes"`
	FreeBytes int64            `json:"free_bytes"` // of the file system; -1 where there is none
	Corrupt   int64            `json:"corrupt_records"`
	Aside     int64            `json:"quarantined,omitzero"` // damaged storages and files that were set aside whole
	Counts    map[string]int64 `json:"deliveries"`           // by state
	Discarded []Discarded      `json:"discarded"`            // history that gave way, since the start

	// Trouble is there while the storage fails. Deliveries can't be counted then.
	Trouble *Trouble `json:"trouble,omitempty"`
}

// Trouble is why the queue takes no events and gives none out.
type Trouble struct {
	Since time.Time `json:"since"`
	Cause string    `json:"cause"`
}

// Waiting counts the deliveries that have not ended.
func (q QueueStatus) Waiting() int64 {
	return q.Counts[string(event.Pending)] + q.Counts[string(event.Held)] + q.Counts[string(event.Orphaned)]
}

// Discarded counts deliveries of one webhook and state that were removed before
// their retention ended, to make room.
type Discarded struct {
	Webhook string `json:"webhook"`
	State   string `json:"state"`
	Count   int64  `json:"count"`
}

// A Webhook is a destination and how its lane stands.
type Webhook struct {
	Name        string           `json:"name"`
	Description string           `json:"description,omitempty"`
	State       string           `json:"state"` // active, inactive, suspended, circuit_open or orphaned
	Reason      string           `json:"reason,omitempty"`
	Since       *time.Time       `json:"since,omitempty"`         // of a suspension or an open circuit
	NextProbe   *time.Time       `json:"next_probe_at,omitempty"` // of an open circuit, while no probe is under way
	Method      string           `json:"method,omitempty"`
	URL         string           `json:"url,omitempty"` // secrets masked
	Events      []string         `json:"events,omitempty"`
	Counts      map[string]int64 `json:"deliveries"`          // pending, held, orphaned, delivered, failed, skipped
	Holding     int64            `json:"holding,omitempty"`   // failed deliveries for whose replay others wait; up to 10,000
	Oldest      *time.Time       `json:"oldest_at,omitempty"` // acceptance of the oldest that waits
}

// WebhookList is the answer to GET /api/v1/webhooks.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks"`
}

// A Secret is a stored one: never its value.
type Secret struct {
	Webhook string    `json:"webhook"`
	Set     time.Time `json:"set_at"`
	From    string    `json:"from"` // config or set
}

// SecretList is the answer to GET /api/v1/secrets.
type SecretList struct {
	Secrets []Secret `json:"secrets"`
}

// A Reload is how a reload ended. A refused one has changed nothing.
type Reload struct {
	OK         bool     `json:"ok"`
	Generation int      `json:"generation"` // in force now
	Changed    bool     `json:"changed"`    // false: the files are what is in force
	Added      []string `json:"added"`
	Updated    []string `json:"updated"`
	Removed    []string `json:"removed"`

	// Diagnostics of a refused one, and warnings, as a JSON array; Text is the
	// same for people, with places and snippets.
	Diagnostics json.RawMessage `json:"diagnostics,omitempty"`
	Text        string          `json:"text,omitempty"`
}
