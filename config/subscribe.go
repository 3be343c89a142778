package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

// subscriptions reads the types of events that a webhook is for.
func (l *loader) subscriptions(s *section) []outbound.Subscription {
	items, ok := s.items("events")
	if ok && len(items) == 0 {
		l.fail(s.at("events"), `Name types, "prefix.*", or "*" for all.`, "A webhook without events never gets one.")
	}
	var out []outbound.Subscription
	taken := map[outbound.Subscription]bool{}
	for _, item := range items {
		sub, ok := parseNode(l, item, parseSubscription)
		if !ok {
			continue
		}
		if taken[sub] {
			l.fail(item.at(), "Remove one of them.", "This subscription stands twice.")
			continue
		}
		taken[sub] = true
		l.checkDeclared(item, sub)
		out = append(out, sub)
	}
	return out
}

func parseSubscription(text string) (outbound.Subscription, error) {
	if text == "*" {
		return outbound.Subscription{All: true}, nil
	}
	sub := outbound.Subscription{Type: text}
	name := text
	if prefix, ok := strings.CutSuffix(text, ".*"); ok {
		sub, name = outbound.Subscription{Prefix: prefix + "."}, prefix
	}
	if why := event.WrongType(name); why != "" {
		return sub, fault{sentence(why), `Write an exact type, "prefix.*", or "*".`}
	}
	return sub, nil
}

// checkDeclared: with a catalogue, a subscription that fits nothing in it is a
// mistake in one of the two.
func (l *loader) checkDeclared(n node, sub outbound.Subscription) {
	if len(l.types) == 0 || l.partial || l.declares(sub) {
		return
	}
	var known []string
	for _, name := range l.typeNames() {
		if i := strings.LastIndexByte(name, '.'); sub.Prefix != "" && i >= 0 {
			known = append(known, name[:i]+".*")
		} else if sub.Prefix == "" {
			known = append(known, name)
		}
	}
	advice := cmp.Or(suggest(sub.String(), slices.Compact(known)), "Declare it with an event block.")
	l.fail(n.at(), advice, "No declared event fits this subscription.")
}
