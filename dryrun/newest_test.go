package dryrun

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/posternhq/postern/event"
)

func TestNewestTakesSomeOfEachType(t *testing.T) {
	var all []Owed
	for i := range 30 {
		id := fmt.Sprint("a", i)
		all = append(all, Owed{id, "a"}, Owed{id, "a"})
	}
	all = append(all, Owed{"gone", "b"}, Owed{"b1", "b"})
	asked := 0
	got, err := Newest(func(cursor string) ([]Owed, string, error) {
		if cursor == "" {
			return all[:7], "more", nil
		}
		return all[7:], "", nil
	}, func(id string) (*event.Event, error) {
		if asked++; id == "gone" {
			return nil, nil
		}
		return &event.Event{ID: id}, nil
	})
	if err != nil || len(got) != newestOfType+1 || got[0].ID != "a0" || got[19].ID != "a19" || got[20].ID != "b1" || asked != 22 {
		t.Errorf("%d events, %d asked for, %v: %v", len(got), asked, err, got)
	}
}

func TestNewestEnds(t *testing.T) {
	pages := 0
	_, err := Newest(func(string) ([]Owed, string, error) {
		pages++
		return make([]Owed, 500), "more", nil
	}, func(string) (*event.Event, error) { return nil, nil })
	if err != nil || pages != newestLooked/500 {
		t.Errorf("%d pages, %v", pages, err)
	}
	_, err = Newest(func(string) ([]Owed, string, error) { return nil, "", errors.New("broken") }, nil)
	if err == nil || !strings.Contains(err.Error(), "broken") {
		t.Error(err)
	}
}
