package inbound

import "github.com/posternhq/postern/internal/door"

// Reasons for which a request is refused: the label of
// postern_events_rejected_total and the last word of a problem's type. The
// rules of the door add theirs.
const (
	reasonNotFound     = "not_found"
	reasonMethod       = "method"
	reasonMediaType    = "media_type"
	reasonKey          = "idempotency_key"
	reasonTimeout      = "timeout"    // the body did not come in time
	reasonIncomplete   = "incomplete" // the body broke off
	reasonTooLarge     = "too_large"
	reasonJSON         = "json"
	reasonUTF8         = "utf8"
	reasonDuplicateKey = "duplicate_key"
	reasonDepth        = "depth"
	reasonBatch        = "batch" // empty, or too many events
	reasonEvent        = "event" // not an object
	reasonMember       = "unknown_member"
	reasonType         = "bad_type"
	reasonData         = "bad_data"
	reasonID           = "bad_id"
	reasonTime         = "bad_time"
	reasonSource       = "bad_source"
	reasonCloudEvent   = "bad_cloudevent" // what no other reason is about
	reasonWait         = "bad_wait"
	reasonGzip         = "gzip" // the body is none, or not a whole one
	reasonConflict     = "conflict"
	reasonDeliveries   = "too_many_deliveries"
	reasonBusy         = "busy"
	reasonFull         = "queue_full"
	reasonUnavailable  = "unavailable"
	reasonStopping     = "stopping"
)

// reasons are all of them, with those of the rules.
var reasons = []string{
	reasonNotFound, reasonMethod, reasonMediaType, reasonKey, reasonTimeout, reasonIncomplete,
	reasonTooLarge, reasonJSON, reasonUTF8, reasonDuplicateKey, reasonDepth, reasonBatch,
	reasonEvent, reasonMember, reasonType, reasonData, reasonID, reasonTime, reasonSource,
	reasonCloudEvent, reasonWait, reasonGzip, reasonConflict, reasonDeliveries, reasonBusy, reasonFull, reasonUnavailable,
	reasonStopping, door.BadHost, door.CrossSite, door.WebSocket, door.BadToken,
}
