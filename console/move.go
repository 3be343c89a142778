package console

import (
	"fmt"
	"net/http"
)

// A Moved is what moving the deliveries of a webhook came to.
type Moved struct {
	Moved int64 `json:"moved"`
	Left  int64 `json:"left"` // what still waits for the old webhook

	// Of those left behind: attempts under way, and events that owe the new
	// webhook a delivery already.
	UnderWay int64 `json:"under_way"`
	Owed     int64 `json:"owed"`

	// Behind are those that wait, in the same order, for one left behind, or for the
	// replay of one that failed.
	Behind int64 `json:"behind,omitempty"`

	// More tells that the time of one call was over: another goes on.
	More bool `json:"more"`
}

// moveBody is the body of POST /api/v1/webhooks/NAME/move.
type moveBody struct {
	To string `json:"to"`
}

var errMoveBody = fmt.Errorf(`%w: {"to": "…"} is wanted, the name of a webhook, and nothing beside it`, errBody)

func (a api) move(r *http.Request) (any, error) {
	b, err := readBody[moveBody](r.Body, errMoveBody)
	if err != nil {
		return nil, err
	}
	if b.To == "" {
		return nil, errMoveBody
	}
	return a.agent.Move(r.Context(), r.PathValue("name"), b.To)
}
