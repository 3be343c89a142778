package dryrun

import "github.com/posternhq/postern/event"

const (
	newestOfType = 20     // events of each type
	newestLooked = 10_000 // deliveries that are looked at to find them
)

// Owed is a delivery, as far as Newest has to know it.
type Owed struct{ EventID, Type string }

// Newest picks the events for a plan: of each type the latest 20, among the
// latest 10,000 deliveries. list pages through deliveries, newest first; find
// yields nil for an event that is no longer kept.
func Newest(list func(cursor string) (page []Owed, next string, err error), find func(id string) (*event.Event, error)) ([]event.Event, error) {
	var events []event.Event
	seen, count := map[string]bool{}, map[string]int{}
	cursor, looked := "", 0
	for looked < newestLooked {
		page, next, err := list(cursor)
		if err != nil {
			return nil, err
		}
		looked += len(page)
		for _, d := range page {
			if seen[d.EventID] || count[d.Type] == newestOfType {
				continue
			}
			seen[d.EventID] = true
			e, err := find(d.EventID)
			if err != nil {
				return nil, err
			}
			if e != nil {
				count[d.Type]++
				events = append(events, *e)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return events, nil
}
