package secret

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Where a stored secret comes from.
const (
	FromConfig = "config" // it was written in the configuration
	FromSet    = "set"    // it was given with `postern secret set`
)

// A Store holds one secret per webhook: the last one that was given, by the
// configuration or by hand. It is safe for concurrent use within a process; the
// lock of the data directory keeps others out.
//
// What a method has stored is on disk when it returns nil. After an error the
// store is as before.
type Store struct {
	path string

	mu      sync.RWMutex
	secrets map[string]entry // webhook → secret; replaced whole
}

// Stored describes a stored secret, without its value.
type Stored struct {
	Webhook string
	Set     time.Time // UTC
	From    string    // FromConfig or FromSet
}

// Open reads the store in a data directory. A file that is missing is an empty
// store; one that others can read is made private. A file that can't be
// understood, or that a newer version wrote, is an error and stays as it is.
func Open(dir string) (*Store, error) {
	path := storeFile(dir)
	secrets, err := readStore(path, true)
	if err != nil {
		return nil, err
	}
	return &Store{path: path, secrets: secrets}, nil
}

// Peek finds one webhook's secret in a data directory without changing anything
// there. It is empty if there is none.
func Peek(dir, webhook string) (Text, error) {
	secrets, err := readStore(storeFile(dir), false)
	return New(string(secrets[webhook].Value)), err
}

// Check tells whether the store of a data directory can be read, and changes
// nothing there.
func Check(dir string) error {
	_, err := readStore(storeFile(dir), false)
	return err
}

// Get is the secret of a webhook.
func (s *Store) Get(webhook string) (Text, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.secrets[webhook]
	return New(string(e.Value)), ok
}

// Set stores a webhook's secret in place of the one before. from is FromConfig
// or FromSet.
func (s *Store) Set(webhook string, t Text, from string) error {
	return s.change(func(secrets map[string]entry) bool {
		secrets[webhook] = newEntry(t, from)
		return true
	})
}

// SetAll stores the secrets of several webhooks with one write, and with none
// if each is stored already, from wherever. Other webhooks keep theirs.
func (s *Store) SetAll(all map[string]Text, from string) error {
	return s.change(func(secrets map[string]entry) bool {
		changed := false
		for webhook, t := range all {
			if e, ok := secrets[webhook]; !ok || !t.Equal(string(e.Value)) {
				secrets[webhook] = newEntry(t, from)
				changed = true
			}
		}
		return changed
	})
}

// Remove forgets a webhook's secret. It is no error if there is none.
func (s *Store) Remove(webhook string) error {
	return s.change(func(secrets map[string]entry) bool {
		_, ok := secrets[webhook]
		delete(secrets, webhook)
		return ok
	})
}

// List describes what is stored, by webhook.
func (s *Store) List() []Stored {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]Stored, 0, len(s.secrets))
	for webhook, e := range s.secrets {
		list = append(list, Stored{webhook, e.Set, e.From})
	}
	slices.SortFunc(list, func(a, b Stored) int { return cmp.Compare(a.Webhook, b.Webhook) })
	return list
}

// change lets edit work on a copy, and keeps the copy once it is on disk. edit
// tells whether it changed anything.
func (s *Store) change(edit func(map[string]entry) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	secrets := maps.Clone(s.secrets)
	if !edit(secrets) {
		return nil
	}
	if err := writeStore(s.path, secrets); err != nil {
		return err
	}
	s.secrets = secrets
	return nil
}

func newEntry(t Text, from string) entry {
	return entry{Value: []byte(t.Reveal()), Set: time.Now().UTC(), From: from}
}
