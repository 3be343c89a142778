package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrNotEmpty says that the directory of a backup holds something already.
var ErrNotEmpty = errors.New("a backup needs a directory of its own, which is empty or not there yet")

// check reads all that the line stores, which takes about as long as reading its
// files does. It is no GET: for a while it takes a little room on the disk.
func (a api) check(r *http.Request) (any, error) { return a.agent.Check(r.Context()) }

// backupBody is the body of POST /api/v1/backup.
type backupBody struct {
	Dir     string `json:"dir"`
	Secrets bool   `json:"secrets"`
}

var errBackupBody = fmt.Errorf(`%w: {"dir": "/…", "secrets": false} is wanted, a path from the root, and nothing beside it`, errBody)

func (a api) backup(r *http.Request) (any, error) {
	b, err := readBody[backupBody](r.Body, errBackupBody)
	if err != nil {
		return nil, err
	}
	if b.Dir == "" || b.Dir[0] != '/' {
		return nil, errBackupBody
	}
	return nil, a.agent.Backup(r.Context(), b.Dir, b.Secrets)
}

// Check reads all that the agent stores, as package agent's Checkup.
func (c *Client) Check(ctx context.Context) (json.RawMessage, error) {
	return call[json.RawMessage](ctx, c, request{method: http.MethodPost, path: at("check"), patience: storagePatience})
}

// Backup has the agent copy what it stores to a directory of its own machine.
// ErrNotEmpty.
func (c *Client) Backup(ctx context.Context, dir string, secrets bool) error {
	_, err := call[struct{}](ctx, c, request{
		method: http.MethodPost, path: at("backup"), body: backupBody{dir, secrets}, patience: storagePatience,
	})
	return err
}

// storagePatience is longer than reading or copying a line takes.
const storagePatience = time.Hour
