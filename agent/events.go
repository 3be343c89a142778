package agent

import (
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/inbound"
)

// ReadEvents decodes what an app would post, by the rules of the door, for those
// who want to know what would become of it. See [inbound.Read].
func ReadEvents(body []byte, typ string, now time.Time) ([]event.Event, error) {
	return inbound.Read(body, typ, now)
}
