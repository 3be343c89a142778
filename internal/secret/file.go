package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/posternhq/postern/internal/durable"
)

// The store's file is secrets.json in the data directory, mode 0600:
//
//	{"version": 1, "secrets": {"crm": {"value": "BASE64", "set_at": "RFC 3339", "from": "config"}}}
//
// The value is in base64 because a secret is bytes, not text: JSON would bend
// what is not UTF-8.
type storeContent struct {
	Version int              `json:"version"`
	Secrets map[string]entry `json:"secrets"`
}

type entry struct {
	Value []byte    `json:"value"`
	Set   time.Time `json:"set_at"`
	From  string    `json:"from"`
}

const (
	storeVersion = 1
	storeMode    = 0o600
	storeLimit   = 16 << 20 // bytes
)

func storeFile(dir string) string { return filepath.Join(dir, "secrets.json") }

func writeStore(path string, secrets map[string]entry) error {
	raw, err := json.MarshalIndent(storeContent{storeVersion, secrets}, "", "  ")
	if err == nil {
		err = durable.WriteFile(path, append(raw, '\n'), storeMode)
	}
	if err != nil {
		return fmt.Errorf("store secrets in %s: %w", path, err)
	}
	return nil
}

// readStore reads what is stored; nothing, if there is no file. With private it
// takes the file from other users' eyes first.
func readStore(path string, private bool) (map[string]entry, error) {
	raw, err := readPrivate(path, private)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]entry{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stored secrets %s: %w", path, err)
	}
	secrets, err := decodeStore(raw)
	if err != nil {
		return nil, fmt.Errorf("stored secrets %s: %w", path, err)
	}
	return secrets, nil
}

func readPrivate(path string, private bool) ([]byte, error) {
	// Neither a planted link nor a pipe is what this process wrote.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, errNotRegular
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	if private && info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(storeMode); err != nil {
			return nil, fmt.Errorf("other users can read it, and its mode can't be made 0600: %w", err)
		}
	}
	return io.ReadAll(io.LimitReader(f, storeLimit+1))
}

var (
	errNotRegular = errors.New("not a regular file; move it away")
	errUnreadable = errors.New("not readable as stored secrets; it is left as it is. " +
		"Bring it back from a backup, or move it away and give the secrets anew with `postern secret set`")
)

func decodeStore(raw []byte) (map[string]entry, error) {
	if len(raw) > storeLimit {
		return nil, errUnreadable
	}
	// The version first, by itself: a newer format may have other members.
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(raw, &head); err != nil || head.Version < 1 {
		return nil, errUnreadable
	}
	if head.Version > storeVersion {
		return nil, fmt.Errorf("written by a newer Postern (format %d, this one knows %d); it is left as it is. Use the newer version",
			head.Version, storeVersion)
	}
	var c storeContent
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, errUnreadable // the cause could quote a secret
	}
	if c.Secrets == nil {
		c.Secrets = map[string]entry{}
	}
	return c.Secrets, nil
}
